//! Every source file opens with `//!`: what it owns and what it must not know.

use super::Finding;
use super::files::SourceFile;

/// Files under a `src` folder that open otherwise.
pub fn missing(files: &[SourceFile]) -> Vec<Finding> {
    let in_source = |file: &&SourceFile| file.is("rs") && file.path.contains("/src/");
    let opens_well =
        |file: &SourceFile| file.text.lines().next().is_some_and(|line| line.starts_with("//! "));
    let finding = |file: &SourceFile| {
        Finding::new(
            &file.path,
            "does not open with `//!`",
            "say what the file owns and what it must not know",
        )
    };
    files.iter().filter(in_source).filter(|file| !opens_well(file)).map(finding).collect()
}
