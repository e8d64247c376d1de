/// Gives back what is free (.cargo/config.toml): a password check takes 19 MiB for a moment, and the C library's allocator
/// keeps as much for each thread that ever made one.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    // One TLS provider for the whole process, before anything can ask for it; a second call finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    release_server::run(std::env::args_os())
}
