//! What passed and what failed, over all runners.

use crate::check::Finding;
use std::fmt;
use std::process::ExitCode;

/// Passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
}

impl Counts {
    /// Prints the line of one wall of `cargo xtask check` and counts it.
    pub fn wall(&mut self, name: &str, findings: &[Finding]) {
        if findings.is_empty() {
            self.passed += 1;
            println!("ok      {name}");
        } else {
            self.failed += 1;
            println!("FAILED  {name}");
            findings.iter().for_each(|finding| println!("        {finding}"));
        }
    }

    /// Adds what another runner counted.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Reads a line of `cargo test` (`test result: ok. 3 passed; 0 failed; …`).
    pub fn of_cargo_line(line: &str) -> Option<Self> {
        let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut parts = rest.split("; ");
        let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
        let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
        Some(Self { passed, failed })
    }

    /// Reads the closing line of a suite (`3 passed, 0 failed`).
    pub fn of_suite_line(line: &str) -> Option<Self> {
        let (passed, failed) = line.trim().split_once(" passed, ")?;
        Some(Self { passed: passed.parse().ok()?, failed: failed.strip_suffix(" failed")?.parse().ok()? })
    }

    /// A run is good if something passed and nothing failed.
    pub fn exit_code(&self) -> ExitCode {
        if self.failed == 0 && self.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn lines_of_both_runners_are_read() {
        let cargo = "test result: FAILED. 13 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.09s";
        assert_eq!(Counts::of_cargo_line(cargo), Some(Counts { passed: 13, failed: 1 }));
        assert_eq!(Counts::of_suite_line("40 passed, 2 failed\n"), Some(Counts { passed: 40, failed: 2 }));
        for other in
            ["test a ... ok", "wire: 40 passed", "1 passed, 0 failed, 1 skipped", "", "passed, failed"]
        {
            assert_eq!(Counts::of_cargo_line(other), None);
            assert_eq!(Counts::of_suite_line(other), None);
        }
    }

    #[test]
    fn nothing_run_is_not_good() {
        let code = |passed, failed| format!("{:?}", Counts { passed, failed }.exit_code());
        let (good, bad) = (
            format!("{:?}", std::process::ExitCode::SUCCESS),
            format!("{:?}", std::process::ExitCode::FAILURE),
        );
        assert_eq!((code(1, 0), code(0, 0), code(5, 1)), (good, bad.clone(), bad));
    }
}
