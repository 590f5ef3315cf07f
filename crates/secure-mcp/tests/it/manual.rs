//! The README and the manual, done as they are written: every command of every page is run.
//!
//! One folder and one shell for each page, the commands in their order, the binary under test as
//! `secure-mcp`. A command that is not run has a row in `table.rs` with the reason; a row that no page
//! needs, a page without commands that should have some, and a block that cannot be read all fail.

mod expected;
mod page;
mod session;
mod shell;
mod table;

use page::{Piece, pieces};
use session::{Ended, Session};
use std::path::{Path, PathBuf};
use table::{How, PAGES, ROWS, Row, row};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// README and the manual, by their path from the root.
fn every_page() -> Vec<String> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    let names = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

/// What came of one page.
#[derive(Debug, Default, PartialEq)]
struct Done {
    ran: usize,
    elsewhere: usize,
    compared: usize,
    wrong: Vec<String>,
}

/// Does what a page says. The first command that comes out otherwise ends the page: what follows needs it.
fn follow(name: &str, text: &str, rows: &[Row]) -> Done {
    let mut done = Done::default();
    let pieces = match pieces(text) {
        Ok(pieces) => pieces,
        Err(why) => return Done { wrong: vec![format!("{name}:{why}")], ..done },
    };
    let mut session = Session::new();
    // The last command: `None` if it was left to others.
    let mut last: Option<Option<Ended>> = None;
    for piece in &pieces {
        let outcome = match piece {
            Piece::Command(command) => {
                let how = row(rows, name, &command.text).map(|row| &row.how);
                match how {
                    Some(How::Elsewhere) => {
                        last = Some(None);
                        done.elsewhere += 1;
                        continue;
                    }
                    Some(How::Beside { first, until }) => {
                        first(&mut session).and_then(|()| session.start(command, until))
                    }
                    None => session.run(command),
                }
                .map(|ended| {
                    done.ran += 1;
                    last = Some(Some(ended));
                })
                .map_err(|why| format!("{name}:{}: `{}`: {why}", command.line, command.text))
            }
            Piece::Output { line, lines } => match &last {
                Some(Some(ended)) => {
                    done.compared += 1;
                    expected::found_in(&session.substituted(lines), &ended.output)
                        .map_err(|why| format!("{name}:{line}: {why}"))
                }
                Some(None) => continue,
                None => Err(format!("{name}:{line}: an output without a command before it")),
            },
        };
        if let Err(why) = outcome {
            done.wrong.push(why);
            break;
        }
    }
    done.wrong.extend(session.end().err().map(|why| format!("{name}: at the end: {why}")));
    done
}

#[test]
fn every_command_of_the_readme_and_the_manual_does_what_the_page_says() {
    let mut wrong = Vec::new();
    let mut commands = Vec::new();
    for name in every_page() {
        let text = std::fs::read_to_string(root().join(&name)).unwrap();
        let done = follow(&name, &text, ROWS);
        println!(
            "{name}: {} commands run, {} run elsewhere, {} outputs compared",
            done.ran, done.elsewhere, done.compared
        );
        if PAGES.contains(&name.as_str()) != (done.ran + done.elsewhere > 0) {
            wrong.push(format!("{name}: has {} commands; `PAGES` says otherwise", done.ran + done.elsewhere));
        }
        wrong.extend(done.wrong);
        for piece in pieces(&text).unwrap_or_default() {
            if let Piece::Command(command) = piece {
                commands.push((name.clone(), command.text));
            }
        }
    }
    for row in ROWS {
        assert!(!row.reason.is_empty(), "{}: `{}` has no reason", row.page, row.command);
        if !commands.iter().any(|(page, text)| page == row.page && text == row.command) {
            wrong.push(format!("{}: no command `{}`; take its row out of the table", row.page, row.command));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A page with one block.
fn planted(kind: &str, body: &str) -> Done {
    follow("page", &format!("# A page\n\n```{kind}\n{body}\n```\n"), &[])
}

#[test]
fn a_page_that_does_not_hold_fails() {
    for (kind, body, says) in [
        ("console", "$ false", "ends with 1"),
        ("console", "$ true    # exit code 1", "ends with 0"),
        ("console", "$ no-such-command", "ends with 127"),
        ("console", "true", "does not begin with `$ `"),
        ("console", "", "does not begin with `$ `"),
        ("sh", "# nothing", "has no command"),
        ("bash", "true", "`bash`"),
        ("json", "$ true", "outside"),
        ("text", "out", "without a command"),
        ("console", "$ echo one\n```\n```text\ntwo", "not in what was printed"),
        ("console", "$ echo one\n```\n```console\n$ (", "the shell"),
        ("console", "$ true\n```\n```text", "empty"),
    ] {
        let done = planted(kind, body);
        assert!(done.wrong.iter().any(|why| why.contains(says)), "{kind}: {body}: {done:?}");
    }
    for (text, says) in [
        ("```console\n$ true\n", "does not end"),
        ("```console\n```\n", "has no command"),
        ("$ true\n", "outside"),
        ("  ```console\n  $ true\n  ```\n", "at the start of its line"),
    ] {
        let done = follow("page", text, &[]);
        assert!(done.wrong.iter().any(|why| why.contains(says)), "{text}: {done:?}");
    }
}

#[test]
fn a_page_that_holds_passes() {
    let done = planted("console", "$ word=seven\n$ echo \"$word 7 lines\"\n```\n```text\nseven 12 …");
    assert_eq!(done, Done { ran: 2, compared: 1, ..Done::default() });
    let done = planted("sh", "# a remark\n(exit 3)   # exit code 3");
    assert_eq!(done, Done { ran: 1, ..Done::default() });
}
