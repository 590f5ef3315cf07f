//! The scanner engine of layer 5: text in, findings out.
//!
//! Owns what counts as a secret, as personal data and as hidden text, and how each is
//! found, even when split, encoded or padded with invisible characters. It must not know
//! frames, tools, principals or policy: what to do about a finding is the caller's choice,
//! and [`apply`] only carries that choice out.
//!
//! One scan goes through the files in this order:
//!
//! | step | files |
//! |---|---|
//! | invisible characters and escape sequences | `hidden`, `joiner`, `terminal` |
//! | a view of the text without them, with a way back to the original bytes | `view`, `fold` |
//! | one gate over all keywords, one walk over all numbers | `gate`, `numbers` |
//! | recognisers, each with its own validator | `cards`, `email`, … |
//! | words and column names near a weak match | `context` |
//! | text inside encoded runs, the same way again | `layers`, `decode`, `escape`, `readable` |
//! | what stands when matches overlap | `overlap` |
//!
//! What is read is counted (`budget`), and no recogniser reads the same stretch for every keyword in it
//! (`ahead`), so a text of twice the size takes twice the steps.
//!
//! It fails in one way only: [`ScanError`], which says that a text was *not* looked at in
//! full. The caller must then withhold it.

mod ahead;
mod apply;
mod assigned;
mod budget;
mod cards;
mod config;
mod context;
mod credentials;
mod decode;
mod email;
mod escape;
mod finding;
mod fold;
mod gate;
mod hidden;
mod iban;
mod ip;
mod joined;
mod joiner;
mod jwt;
mod keywords;
mod kind;
mod layers;
mod limits;
mod numbers;
mod overlap;
mod page;
mod phone;
mod phone_plan;
mod private_key;
mod randomness;
mod readable;
mod scanner;
mod ssn;
mod terminal;
mod token_table;
mod tokens;
mod view;

pub use apply::{Action, apply};
pub use config::ScannerConfig;
pub use finding::{Confidence, Finding, Layer};
pub use keywords::KeywordError;
pub use kind::{Class, Kind, KindSet};
pub use limits::{MAX_FINDINGS, MAX_TEXT_BYTES, ScanError};
pub use scanner::{BuildError, Context, Scanner, Sifted};

/// Version of the recognisers, as written into the controls manifest.
///
/// Goes up with every change that can alter what is found.
pub const VERSION: &str = "1.1.0";
