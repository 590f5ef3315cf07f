//! What can be typed, what is said about it, and how a command ends, without a server.

mod endings;
mod help;
