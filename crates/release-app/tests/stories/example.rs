//! The example that others copy from runs.

#[allow(clippy::duplicate_mod, reason = "the example is a program of its own, too")]
#[path = "../../examples/embed.rs"]
mod embed;

#[test]
fn the_example_of_embedding_runs_to_its_end() {
    embed::main().unwrap();
}
