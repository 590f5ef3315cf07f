//! Owns the list of system calls that a program may make: what CPython, Node
//! and a shell need, and nothing that reaches past the sandbox.
//!
//! A call that is not here fails with EPERM. Left out on purpose: namespaces
//! and mounts, ptrace and the reading of other processes, keyrings, bpf, perf,
//! userfaultfd, io_uring, modules, clocks, other users, System V and POSIX
//! queues (memory that belongs to no process), and `vmsplice`.

/// Calls allowed with any argument.
#[rustfmt::skip]
pub(super) const ALLOWED: &[libc::c_long] = &[
    // files, by descriptor and by path
    libc::SYS_close, libc::SYS_close_range, libc::SYS_copy_file_range, libc::SYS_dup,
    libc::SYS_dup3, libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_fadvise64,
    libc::SYS_fallocate, libc::SYS_fchdir, libc::SYS_chdir, libc::SYS_fchmod, libc::SYS_fchmodat,
    libc::SYS_fchown, libc::SYS_fchownat, libc::SYS_fcntl, libc::SYS_fdatasync,
    libc::SYS_fgetxattr, libc::SYS_flistxattr, libc::SYS_flock, libc::SYS_fstat,
    libc::SYS_fstatfs, libc::SYS_fsync, libc::SYS_ftruncate, libc::SYS_getcwd,
    libc::SYS_getdents64, libc::SYS_getxattr, libc::SYS_inotify_add_watch,
    libc::SYS_inotify_init1, libc::SYS_inotify_rm_watch, libc::SYS_lgetxattr, libc::SYS_linkat,
    libc::SYS_listxattr, libc::SYS_llistxattr, libc::SYS_lseek, libc::SYS_mkdirat,
    libc::SYS_newfstatat, libc::SYS_openat, libc::SYS_openat2, libc::SYS_pipe2,
    libc::SYS_pread64, libc::SYS_preadv, libc::SYS_preadv2, libc::SYS_pwrite64,
    libc::SYS_pwritev, libc::SYS_pwritev2, libc::SYS_read, libc::SYS_readahead,
    libc::SYS_readlinkat, libc::SYS_readv, libc::SYS_renameat, libc::SYS_renameat2,
    libc::SYS_sendfile, libc::SYS_splice, libc::SYS_statfs, libc::SYS_statx,
    libc::SYS_symlinkat, libc::SYS_sync_file_range, libc::SYS_tee, libc::SYS_truncate,
    libc::SYS_umask, libc::SYS_unlinkat, libc::SYS_utimensat, libc::SYS_write, libc::SYS_writev,
    // waiting
    libc::SYS_epoll_create1, libc::SYS_epoll_ctl, libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2, libc::SYS_eventfd2, libc::SYS_futex, libc::SYS_futex_waitv,
    libc::SYS_ppoll, libc::SYS_pselect6, libc::SYS_signalfd4, libc::SYS_timerfd_create,
    libc::SYS_timerfd_gettime, libc::SYS_timerfd_settime,
    // memory
    libc::SYS_brk, libc::SYS_get_mempolicy, libc::SYS_madvise, libc::SYS_membarrier,
    libc::SYS_mincore, libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_mremap, libc::SYS_msync,
    libc::SYS_munmap, libc::SYS_pkey_alloc, libc::SYS_pkey_free, libc::SYS_pkey_mprotect,
    // processes and threads; `clone` is conditional
    libc::SYS_capget, libc::SYS_execve, libc::SYS_execveat, libc::SYS_exit,
    libc::SYS_exit_group, libc::SYS_get_robust_list, libc::SYS_getcpu, libc::SYS_getegid,
    libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getgroups, libc::SYS_getpgid,
    libc::SYS_getpid, libc::SYS_getppid, libc::SYS_getpriority, libc::SYS_getresgid,
    libc::SYS_getresuid, libc::SYS_getrusage, libc::SYS_getsid, libc::SYS_gettid,
    libc::SYS_getuid, libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal,
    libc::SYS_restart_syscall, libc::SYS_rseq, libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min, libc::SYS_sched_getaffinity, libc::SYS_sched_getattr,
    libc::SYS_sched_getparam, libc::SYS_sched_getscheduler, libc::SYS_sched_rr_get_interval,
    libc::SYS_sched_setaffinity, libc::SYS_sched_yield, libc::SYS_set_robust_list,
    libc::SYS_set_tid_address, libc::SYS_setpgid, libc::SYS_setpriority, libc::SYS_setsid,
    libc::SYS_wait4, libc::SYS_waitid,
    // signals; the PID namespace holds them in
    libc::SYS_kill, libc::SYS_rt_sigaction, libc::SYS_rt_sigpending, libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigqueueinfo, libc::SYS_rt_sigreturn, libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait, libc::SYS_rt_tgsigqueueinfo, libc::SYS_sigaltstack,
    libc::SYS_tgkill, libc::SYS_tkill,
    // time and the machine
    libc::SYS_clock_getres, libc::SYS_clock_gettime, libc::SYS_clock_nanosleep,
    libc::SYS_getitimer, libc::SYS_getrandom, libc::SYS_gettimeofday, libc::SYS_nanosleep,
    libc::SYS_setitimer, libc::SYS_sysinfo, libc::SYS_timer_create, libc::SYS_timer_delete,
    libc::SYS_timer_getoverrun, libc::SYS_timer_gettime, libc::SYS_timer_settime,
    libc::SYS_times, libc::SYS_uname,
    // sockets, once made; `socket` and `socketpair` are conditional
    libc::SYS_accept, libc::SYS_accept4, libc::SYS_bind, libc::SYS_connect,
    libc::SYS_getpeername, libc::SYS_getsockname, libc::SYS_getsockopt, libc::SYS_listen,
    libc::SYS_recvfrom, libc::SYS_recvmmsg, libc::SYS_recvmsg, libc::SYS_sendmmsg,
    libc::SYS_sendmsg, libc::SYS_sendto, libc::SYS_setsockopt, libc::SYS_shutdown,
];

/// Older spellings of calls above, which only x86-64 still has.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub(super) const ALLOWED_HERE: &[libc::c_long] = &[
    libc::SYS_access, libc::SYS_alarm, libc::SYS_arch_prctl, libc::SYS_chmod, libc::SYS_chown,
    libc::SYS_creat, libc::SYS_dup2, libc::SYS_epoll_create, libc::SYS_epoll_wait,
    libc::SYS_eventfd, libc::SYS_fork, libc::SYS_futimesat, libc::SYS_getdents,
    libc::SYS_getpgrp, libc::SYS_getrlimit, libc::SYS_inotify_init, libc::SYS_lchown,
    libc::SYS_link, libc::SYS_lstat, libc::SYS_mkdir, libc::SYS_open, libc::SYS_pause,
    libc::SYS_pipe, libc::SYS_poll, libc::SYS_readlink, libc::SYS_rename, libc::SYS_rmdir,
    libc::SYS_select, libc::SYS_signalfd, libc::SYS_stat, libc::SYS_symlink, libc::SYS_time,
    libc::SYS_unlink, libc::SYS_utime, libc::SYS_utimes, libc::SYS_vfork,
];

/// Calls of [`ALLOWED`] that are a program's own affair in namespaces only. On
/// the host they reach other processes (signals, priorities), its sockets, or
/// modes, owners and times of files that Landlock does not hold.
#[rustfmt::skip]
pub(super) const ISOLATED_ONLY: &[libc::c_long] = &[
    libc::SYS_accept, libc::SYS_accept4, libc::SYS_bind, libc::SYS_connect, libc::SYS_listen,
    libc::SYS_socket, libc::SYS_pidfd_send_signal, libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo, libc::SYS_tkill, libc::SYS_sched_setaffinity,
    libc::SYS_setpriority, libc::SYS_fchmodat, libc::SYS_fchownat, libc::SYS_truncate,
    libc::SYS_inotify_add_watch,
];

/// The older spellings of the same.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub(super) const ISOLATED_ONLY_HERE: &[libc::c_long] = &[
    libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown, libc::SYS_futimesat, libc::SYS_utime,
    libc::SYS_utimes,
];

/// This architecture has only the spellings of [`ISOLATED_ONLY`].
#[cfg(not(target_arch = "x86_64"))]
pub(super) const ISOLATED_ONLY_HERE: &[libc::c_long] = &[];

/// This architecture has only the spellings of [`ALLOWED`].
#[cfg(not(target_arch = "x86_64"))]
pub(super) const ALLOWED_HERE: &[libc::c_long] = &[];

/// `fchmodat2`, which `libc` does not name on every architecture.
pub(super) const FCHMODAT2: libc::c_long = 452;

/// Calls that answer "not in this kernel". `clone3`: libraries then take the
/// older way, whose arguments a filter can read. Extended attributes: `cp` and
/// `tar` then go on without, where "not permitted" would stop them.
pub(super) const ABSENT: &[libc::c_long] = &[
    libc::SYS_clone3,
    libc::SYS_fremovexattr,
    libc::SYS_fsetxattr,
    libc::SYS_lremovexattr,
    libc::SYS_lsetxattr,
    libc::SYS_removexattr,
    libc::SYS_setxattr,
];

/// What `ioctl` may ask for: terminals and pipes, read only, and close-on-exec.
/// Not TIOCSTI and TIOCLINUX, which type into a terminal.
pub(super) const IOCTLS: &[u32] = &[TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX];

const TCGETS: u32 = 0x5401;
const TIOCGPGRP: u32 = 0x540F;
const TIOCGWINSZ: u32 = 0x5413;
const FIONREAD: u32 = 0x541B;
const FIONBIO: u32 = 0x5421;
const FIONCLEX: u32 = 0x5450;
const FIOCLEX: u32 = 0x5451;

/// What `prctl` may do: names, death signals, memory labels, questions.
#[rustfmt::skip]
pub(super) const PRCTLS: &[i32] = &[
    libc::PR_CAPBSET_READ, libc::PR_GET_DUMPABLE, libc::PR_GET_NAME, libc::PR_GET_NO_NEW_PRIVS,
    libc::PR_GET_PDEATHSIG, libc::PR_GET_TIMERSLACK, libc::PR_SET_DUMPABLE, libc::PR_SET_NAME,
    libc::PR_SET_NO_NEW_PRIVS, libc::PR_SET_PDEATHSIG, libc::PR_SET_TIMERSLACK,
    libc::PR_SET_VMA,
];
