//! What can be wrong with a configuration: where, which key, why, and what to write instead.

use std::fmt;
use std::path::PathBuf;

/// A file and, where it is known, the line in it (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The configuration file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(out, ":{line}"))
    }
}

/// A configuration that the server does not start with.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is not there, or not readable.
    #[error("cannot read the configuration file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others than root and the server's own user can change the file.
    #[error(transparent)]
    Exposed(crate::TrustError),
    /// Not TOML.
    #[error("{place}: not valid TOML: {cause}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser said.
        cause: String,
    },
    /// A key that no part of the server reads.
    #[error("{place}: unknown key `{key}`")]
    UnknownKey {
        /// Where.
        place: Place,
        /// The whole path of the key.
        key: String,
        /// The key that was probably meant, or the list of keys that are allowed there.
        advice: String,
    },
    /// A key whose value cannot be used, or a required key that is not there.
    #[error("{place}: `{key}` {cause}")]
    Value {
        /// Where.
        place: Place,
        /// The whole path of the key.
        key: String,
        /// What is wrong, as the end of a sentence that starts with the key.
        cause: String,
        /// What to write instead.
        advice: String,
    },
}

impl SettingsError {
    /// The error's name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config_unreadable",
            Self::Exposed(_) => "config_exposed",
            Self::Syntax { .. } => "config_syntax",
            Self::UnknownKey { .. } => "config_unknown_key",
            Self::Value { .. } => "config_value",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => {
                "give an existing file with --config, or write a first one with `secure-mcp init`".to_owned()
            }
            Self::Exposed(exposed) => exposed.hint().to_owned(),
            Self::Syntax { .. } => "correct the line; the format is TOML 1.1 (https://toml.io)".to_owned(),
            Self::UnknownKey { advice, .. } | Self::Value { advice, .. } => advice.clone(),
        }
    }

    /// The path of the key, where the error is about one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } | Self::Exposed(_) | Self::Syntax { .. } => None,
            Self::UnknownKey { key, .. } | Self::Value { key, .. } => Some(key),
        }
    }

    /// The line in the file, from 1, where it is known.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::Unreadable { .. } | Self::Exposed(_) => None,
            Self::Syntax { place, .. } | Self::UnknownKey { place, .. } | Self::Value { place, .. } => {
                place.line
            }
        }
    }
}

/// What is wrong with one key; the reader of the file adds the place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) key: String,
    pub(crate) cause: String,
    pub(crate) advice: String,
}

impl Fault {
    pub(crate) fn new(key: impl Into<String>, cause: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { key: key.into(), cause: cause.into(), advice: advice.into() }
    }
}
