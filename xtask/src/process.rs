//! Runs another program, passes its lines on as they come, and counts what it reports.

use crate::counts::Counts;
use anyhow::{Context as _, Result};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

/// Runs `command` and adds up every line that `read` understands. A run that fails without having
/// said so, or that reports nothing, counts as one failure: silence is not success.
pub fn counted(name: &str, command: &mut Command, read: fn(&str) -> Option<Counts>) -> Result<Counts> {
    println!("\n--- {name}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name}: cannot start {}", command.get_program().display()))?;
    let output = child.stdout.take().context("a piped output is there")?;
    let mut counts = Counts::default();
    let mut reported = false;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("{name}: cannot read its output"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        std::io::stdout().flush().context("cannot write to the terminal")?;
        if let Some(more) = read(&line) {
            counts.add(more);
            reported = true;
        }
    }
    let status = child.wait().with_context(|| format!("{name}: cannot wait for it"))?;
    if !status.success() && counts.failed == 0 {
        println!("FAILED  {name}: ended with {status}");
        counts.failed += 1;
    }
    if status.success() && !reported {
        println!("FAILED  {name}: reported no test");
        counts.failed += 1;
    }
    Ok(counts)
}

/// Runs a step that is not a test; an error names it.
pub fn step(name: &str, command: &mut Command) -> Result<()> {
    println!("\n--- {name}");
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{name}: cannot start {}", command.get_program().display()))?;
    anyhow::ensure!(status.success(), "{name}: ended with {status}");
    Ok(())
}

/// Whether a program could be run and succeeded; what it prints is not shown.
pub fn quiet(command: &mut Command) -> bool {
    let run = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::counted;
    use crate::counts::Counts;
    use std::process::Command;

    fn shell(script: &str) -> Counts {
        counted("case", Command::new("sh").args(["-c", script]), Counts::of_suite_line).unwrap()
    }

    #[test]
    fn what_a_runner_reports_is_counted_and_silence_is_a_failure() {
        let counts = |passed, failed| Counts { passed, failed };
        assert_eq!(shell("echo '3 passed, 0 failed'"), counts(3, 0));
        assert_eq!(shell("echo '3 passed, 1 failed'; exit 1"), counts(3, 1));
        assert_eq!(shell("echo '3 passed, 0 failed'; exit 1"), counts(3, 1));
        assert_eq!(shell("exit 0"), counts(0, 1));
        assert_eq!(shell("kill -9 $$"), counts(0, 1));
        assert_eq!(shell("printf 'no line break, \\377\\n1 passed, 0 failed'"), counts(1, 0));
    }
}
