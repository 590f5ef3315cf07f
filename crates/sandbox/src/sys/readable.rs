//! Owns the asynchronous wait for a descriptor that is neither a pipe nor a
//! socket: a process descriptor.

#![expect(unsafe_code, reason = "tokio asks for a promise about the descriptor's life")]

use std::io;
use std::os::fd::BorrowedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Returns once `fd` is readable. Needs a tokio runtime with IO.
pub(crate) async fn readable(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the borrow keeps the descriptor open until the registration,
    // which does not leave this function, is dropped; a `BorrowedFd` always
    // names the same descriptor.
    let registration = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) };
    registration.map_err(io::Error::from)?.readable().await.map(drop)
}
