//! What can be typed, what is said about it, and how a command ends, without a server.
#![allow(clippy::disallowed_methods, reason = "a test looks at files and sockets from outside")]

mod endings;
mod help;
