//! The whole help, word for word, and the failures of typing.

use crate::arguments::Arguments;
use crate::run::usage;
use clap::{Command, CommandFactory as _, Parser as _};

/// The help of a command and of those below it.
fn help(command: &mut Command, path: &str, all: &mut String) {
    let path = format!("{path} {}", command.get_name()).trim().to_owned();
    all.push_str(&format!("$ {path} --help\n{}\n", command.render_long_help().to_string().trim_end()));
    all.push('\n');
    for below in command.get_subcommands_mut() {
        help(below, &path, all);
    }
}

#[test]
fn the_help_is_the_one_that_was_agreed_on() {
    let mut all = String::new();
    let mut command = Arguments::command().term_width(100);
    command.build();
    help(&mut command, "", &mut all);
    let agreed = include_str!("help.txt");
    assert_eq!(all, agreed, "if the change is meant, copy this into crates/cli/src/tests/help.txt:\n{all}");
}

#[test]
fn the_arguments_hold_together() {
    Arguments::command().debug_assert();
}

/// Cause and fix of what was typed.
fn check(typed: &str, cause: &str, fix: &str) {
    let error = Arguments::try_parse_from(typed.split(' ')).unwrap_err();
    let failure = usage(&error.render().to_string());
    assert_eq!((failure.cause.as_str(), failure.fix.as_str()), (cause, fix), "{typed}");
}

#[test]
fn a_mistake_is_named_with_what_was_meant() {
    check(
        "secure-mcp aprove a_1",
        "unrecognized subcommand 'aprove'",
        "tip: some similar subcommands exist: 'serve', 'approvals', 'approve'; Usage: secure-mcp <COMMAND>",
    );
    check(
        "secure-mcp token create --person ana",
        "the following required arguments were not provided: --client <CLIENT>",
        "Usage: secure-mcp token create --person <PERSON> --client <CLIENT>",
    );
    check(
        "secure-mcp token create --person ana --client c --ttl 2d",
        "invalid value '2d' for '--ttl <TIME>': write a number and s, m or h, at most 24h",
        "see `secure-mcp --help`",
    );
    check(
        "secure-mcp audit show xyz",
        "invalid value 'xyz' for '<CALL>': `xyz` is not a valid call id",
        "see `secure-mcp --help`",
    );
}
