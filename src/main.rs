//! The `carom` command.

use std::process::ExitCode;

/// A point of a sweep allocates thousands of small matrices, a fifth of its time with the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    carom::cli::main()
}
