//! The `lagerd` binary: parses the command line and hands over to [`lagerd::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    lagerd::cli::main()
}

/// Commands are many small allocations that one thread makes and another frees, which the C library's allocator is slow
/// at: with it, a quarter of the daemon's time under load went there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
