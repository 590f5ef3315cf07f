//! `secure-mcp`: the one binary.

use secure_mcp::Wiring;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: a sandbox is this program started again, and must not see our environment,
    // configuration or threads.
    sandbox::enter_if_child();
    cli::run(std::env::args_os(), cli::Environment::of_process(), &Wiring::of_this_program())
}
