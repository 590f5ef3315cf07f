//! Owns `posix_spawn`: starting a program from a process with threads.
//!
//! `std::process::Command` can place descriptors 0 to 2 only, and with
//! `pre_exec` it copies the server's page tables for every start.

#![expect(unsafe_code, reason = "posix_spawn has no safe wrapper")]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use rustix::process::Pid;

/// A program to start with an empty environment, all signals at their defaults.
pub(crate) struct SpawnRequest<'a> {
    /// Where the program is.
    pub(crate) program: &'a Path,
    /// Its only argument: the name it sees as its own.
    pub(crate) name: &'a CStr,
    /// The descriptors it gets, at 0, 1, 2… in this order.
    pub(crate) descriptors: &'a [OwnedFd],
}

/// Descriptors are moved above the numbers they shall take, so that placing
/// one cannot cover another that is not placed yet.
const ABOVE_PLACES: i32 = 16;

/// Starts the program; returns its process id. It is the caller's to wait for.
pub(crate) fn spawn(request: &SpawnRequest<'_>) -> io::Result<Pid> {
    let program = CString::new(request.program.as_os_str().as_bytes()).map_err(io::Error::other)?;
    let moved = request
        .descriptors
        .iter()
        .map(|fd| rustix::io::fcntl_dupfd_cloexec(fd.as_fd(), ABOVE_PLACES))
        .collect::<Result<Vec<_>, _>>()?;
    let mut actions = FileActions::new()?;
    for (place, fd) in (0..).zip(&moved) {
        actions.place(fd, place)?;
    }
    let attributes = Attributes::with_default_signals()?;
    let arguments = [request.name.as_ptr().cast_mut(), ptr::null_mut()];
    let environment = [ptr::null_mut()];
    let mut pid = 0;
    // SAFETY: every pointer is to a value that lives until the call returns;
    // both lists end with a null pointer; `actions` and `attributes` are
    // initialised; the strings are only read.
    check(unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            actions.0.as_ptr(),
            attributes.0.as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
        )
    })?;
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("posix_spawn returned no process id"))
}

struct FileActions(MaybeUninit<libc::posix_spawn_file_actions_t>);

impl FileActions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initialises what it points to.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        Ok(FileActions(actions))
    }

    fn place(&mut self, fd: &OwnedFd, place: i32) -> io::Result<()> {
        // SAFETY: initialised by `new`; the numbers are only recorded.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(self.0.as_mut_ptr(), fd.as_raw_fd(), place) })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

struct Attributes(MaybeUninit<libc::posix_spawnattr_t>);

impl Attributes {
    fn with_default_signals() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initialises what it points to.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        let mut attributes = Attributes(attributes);
        let (none, all) = signal_sets();
        let flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF;
        let attribute = attributes.0.as_mut_ptr();
        // SAFETY: `attribute` is initialised; the sets are live and only read.
        check(unsafe { libc::posix_spawnattr_setsigmask(attribute, &raw const none) })?;
        // SAFETY: as above.
        check(unsafe { libc::posix_spawnattr_setsigdefault(attribute, &raw const all) })?;
        // SAFETY: as above; both flags fit a short by their definition.
        check(unsafe { libc::posix_spawnattr_setflags(attribute, flags as libc::c_short) })?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by the constructor, destroyed once.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}

/// The set without and the set with every signal.
fn signal_sets() -> (libc::sigset_t, libc::sigset_t) {
    let mut none = MaybeUninit::uninit();
    let mut all = MaybeUninit::uninit();
    // SAFETY: both calls initialise what they point to and cannot fail for a
    // valid pointer.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigfillset(all.as_mut_ptr());
        (none.assume_init(), all.assume_init())
    }
}

/// The `posix_spawn` family returns the error number itself.
fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}
