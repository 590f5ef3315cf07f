//! The tool `database-query` on SQLite sources, and the sample company's databases.
//!
//! Level 8. It owns which rows of a source a planned statement may reach and in which form; it
//! knows no policy, no protocol and no scanner. Three walls stand behind each other: the statement
//! is compiled against a twin that has only what the caller's view has; on the source, an authorizer
//! lets only our accessor views read the file; and the file is open for reading only.

mod answer;
mod call;
mod company;
mod connector;
mod guard;
mod idle;
mod limits;
mod mask;
mod plan;
mod quote;
mod refuse;
mod request;
mod rows;
mod schema;
mod session;
mod shelf;
mod source;
#[cfg(test)]
mod tests;
mod tool;
mod twin;
mod visible;

pub use company::{CompanyError, CompanyPaths, create_company};
pub use connector::{BuildError, DatabaseQuery};
pub use mask::MaskKey;
pub use source::{Source, SourceError};
pub use tool::{TOOL, manifest};
