//! The plane over its real layers: a policy of four people, a log, a socket.
#![allow(clippy::disallowed_methods, reason = "a test looks at files and sockets from outside")]

mod access;
mod approving;
mod attacks;
mod erasing;
mod house;
mod listening;
mod policy;
mod reading;
mod revoking;
mod searching;
mod tiles;
mod tokens;
mod trial;
