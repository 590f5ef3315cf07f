//! Owns the interpreters: which of them work inside a sandbox, found out by
//! running each in one. An interpreter that lives where no sandbox looks (a
//! home directory) does not count, however well it works on the host.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::Sandbox;
use crate::result::Exit;
use crate::spec::{SandboxSpec, WORK_DIRECTORY};

/// A language that code can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// CPython 3.
    Python,
    /// Node.
    JavaScript,
    /// GNU Bash.
    Bash,
}

/// One interpreter that works inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// What it runs.
    pub language: Language,
    /// Its path inside.
    pub program: PathBuf,
    /// What it says its version is.
    pub version: String,
}

/// The interpreters that work inside, at most one per language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Runtimes {
    found: Vec<Interpreter>,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 3] = [Language::Python, Language::JavaScript, Language::Bash];

    /// The name under which code of this language is best placed in `/work`.
    pub fn file_name(self) -> &'static str {
        match self {
            Language::Python => "main.py",
            Language::JavaScript => "main.js",
            Language::Bash => "main.sh",
        }
    }

    fn candidates(self) -> &'static [&'static str] {
        match self {
            Language::Python => &["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"],
            Language::JavaScript => &["/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs"],
            Language::Bash => &["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"],
        }
    }

    /// Arguments that print the version, by running code.
    fn version_arguments(self) -> [&'static str; 2] {
        match self {
            Language::Python => ["-c", "import sys; print(sys.version.split()[0])"],
            Language::JavaScript => ["-e", "console.log(process.versions.node)"],
            Language::Bash => ["-c", "echo \"$BASH_VERSION\""],
        }
    }
}

impl Interpreter {
    /// Arguments that run the file `name` of `/work`, and nothing that a user's
    /// own start-up files would add.
    pub fn arguments(&self, name: &str) -> Vec<String> {
        let options: &[&str] = match self.language {
            Language::Python => &["-B", "-s"],
            Language::JavaScript => &[],
            Language::Bash => &["--noprofile", "--norc"],
        };
        let file = format!("{WORK_DIRECTORY}/{name}");
        options.iter().map(|option| (*option).to_owned()).chain([file]).collect()
    }

    /// An order that runs `code`, with the defaults for the rest.
    pub fn spec(&self, code: &str) -> SandboxSpec {
        let name = self.language.file_name();
        let mut spec = SandboxSpec::new(&self.program);
        spec.arguments = self.arguments(name);
        spec.files.insert(name.to_owned(), code.as_bytes().to_vec());
        spec
    }
}

impl Runtimes {
    /// The interpreter of `language`, if one works.
    pub fn get(&self, language: Language) -> Option<&Interpreter> {
        self.found.iter().find(|interpreter| interpreter.language == language)
    }

    /// All that work.
    pub fn iter(&self) -> impl Iterator<Item = &Interpreter> {
        self.found.iter()
    }
}

/// Tries every candidate until one works; the languages side by side.
pub(crate) async fn find(sandbox: &Sandbox) -> Runtimes {
    let [python, javascript, bash] = Language::ALL.map(|language| find_one(sandbox, language));
    let (python, javascript, bash) = tokio::join!(python, javascript, bash);
    Runtimes { found: [python, javascript, bash].into_iter().flatten().collect() }
}

async fn find_one(sandbox: &Sandbox, language: Language) -> Option<Interpreter> {
    for program in language.candidates() {
        if !Path::new(program).exists() {
            continue;
        }
        let mut spec = SandboxSpec::new(*program);
        spec.arguments = language.version_arguments().map(str::to_owned).to_vec();
        let Ok(result) = sandbox.run_best(spec).await else { continue };
        if result.exit == Exit::Code(0) {
            let version = String::from_utf8_lossy(&result.stdout).trim().to_owned();
            return Some(Interpreter { language, program: PathBuf::from(program), version });
        }
    }
    None
}
