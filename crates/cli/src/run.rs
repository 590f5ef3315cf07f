//! From what was typed to the exit code.

use crate::arguments::Arguments;
use crate::context::Context;
use crate::output::{Form, Output};
use crate::{Environment, Exit, Failure, Server, commands};
use clap::Parser as _;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command. `arguments` begin with the program's name.
pub fn run(
    arguments: impl Iterator<Item = OsString>,
    environment: Environment,
    server: &dyn Server,
) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    let asked = match Arguments::try_parse_from(&arguments) {
        Ok(asked) => asked,
        Err(error) => return not_understood(&error, &arguments).into(),
    };
    let output = Output::new(asked.command.form());
    let context = Context { environment: &environment, server, output };
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::usage(
                "runtime",
                format!("no threads to work with: {error}"),
                "raise the limits of this user",
            )
        })
        .and_then(|runtime| {
            let ended = runtime.block_on(commands::carry_out(asked.command, context));
            // A thread that waits for standard input would hold up the end.
            runtime.shutdown_background();
            ended
        });
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

/// Help and version are answers; everything else is a failure in the usual form.
fn not_understood(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let text = error.render().to_string();
    let form = if arguments.iter().any(|argument| argument == "--json") { Form::Json } else { Form::Text };
    let output = Output::new(form);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output.raw(text.trim_end());
            Exit::Ok
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.failure(&Failure::usage("usage", "a command is missing", text.trim_end()));
            Exit::Usage
        }
        _ => {
            output.failure(&usage(&text));
            Exit::Usage
        }
    }
}

/// Clap's text in our form: what is wrong, and how it is meant to be written.
pub(crate) fn usage(text: &str) -> Failure {
    let (cause, rest) = text.trim_end().split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let advice: Vec<&str> = rest
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        .collect();
    let fix = if advice.is_empty() { "see `secure-mcp --help`".to_owned() } else { advice.join("; ") };
    let cause: Vec<&str> = cause.trim_start_matches("error: ").lines().map(str::trim).collect();
    Failure::usage("usage", cause.join(" "), fix)
}
