//! A release build carries the web app, so what comes and goes in its folder makes this crate anew. A debug build reads
//! the folder as it runs.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../web/dist");
    }
}
