fn main() -> std::process::ExitCode {
    // One TLS provider for the whole process, before anything can ask for it; a second call finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    release_cli::run(std::env::args_os())
}
