//! The plane over its real layers: a policy of four people, a log, a socket.

mod access;
mod approving;
mod house;
mod listening;
mod reading;
mod tokens;
