//! Owns the system-call filter: the allow-list of `syscalls`, and the calls that
//! depend on their arguments.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use super::failure::Failure;
use super::syscalls::{
    ABSENT, ALLOWED, ALLOWED_HERE, FCHMODAT2, IOCTLS, ISOLATED_ONLY, ISOLATED_ONLY_HERE, PRCTLS,
};
use crate::confinement::Confinement;

/// Namespaces that `clone` could make. `CLONE_NEWTIME` shares its bit with the
/// exit signal there and can be asked of `clone3` and `unshare` only.
const NEW_NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u64;

/// `personality` with this argument only asks.
const ASK_PERSONALITY: u64 = 0xffff_ffff;

/// The bits of a socket's type that are its kind; the others are flags.
const SOCKET_KIND: u64 = 0xf;
/// `fcntl` requests that choose whom a descriptor signals.
const F_SETOWN: u32 = 8;
const F_SETOWN_EX: u32 = 15;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;
type Compiled<T> = Result<T, seccompiler::BackendError>;

/// Whether this build knows the numbers of this machine's system calls.
pub(crate) fn is_supported() -> bool {
    TargetArch::try_from(std::env::consts::ARCH).is_ok()
}

/// Installs the filter for this process and all that come from it. Needs
/// `no_new_privs`. Memory files are allowed only where a cgroup counts them:
/// no per-process limit does. Without isolation the filter also holds what a
/// namespace would: sockets, signals to others, the settings of others.
pub(super) fn restrict(limits_enforced: bool, confinement: Confinement) -> Result<(), Failure> {
    let failed = |error| Failure::isolation("build the system-call filter")(error);
    let allow = allow_list(limits_enforced, confinement).map_err(std::io::Error::other).map_err(failed)?;
    let absent = absent_list().map_err(std::io::Error::other).map_err(failed)?;
    // The strictest answer of all filters holds: `allow` lets pass what `absent`
    // answers for. It comes last, since it lets no further filter be installed.
    for program in [absent, allow] {
        seccompiler::apply_filter(&program)
            .map_err(std::io::Error::other)
            .map_err(Failure::isolation("install the system-call filter"))?;
    }
    Ok(())
}

fn allow_list(limits_enforced: bool, confinement: Confinement) -> Compiled<BpfProgram> {
    let mut rules = Rules::new();
    for call in ALLOWED.iter().chain(ALLOWED_HERE).chain(ABSENT).chain([&FCHMODAT2]) {
        rules.insert(*call, Vec::new());
    }
    if limits_enforced {
        rules.insert(libc::SYS_memfd_create, Vec::new());
    }
    add_conditional(&mut rules)?;
    if confinement == Confinement::Unisolated {
        for call in ISOLATED_ONLY.iter().chain(ISOLATED_ONLY_HERE).chain([&FCHMODAT2]) {
            rules.remove(call);
        }
        add_conditional_unisolated(&mut rules)?;
    }
    compile(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

fn absent_list() -> Compiled<BpfProgram> {
    let rules = ABSENT.iter().map(|call| (*call, Vec::new())).collect();
    compile(rules, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))
}

fn add_conditional(rules: &mut Rules) -> Compiled<()> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let narrow = |argument, operator, value| when(argument, SeccompCmpArgLen::Dword, operator, value);
    let wide = |argument, operator, value| when(argument, SeccompCmpArgLen::Qword, operator, value);

    rules.insert(libc::SYS_clone, vec![wide(0, MaskedEq(NEW_NAMESPACES), 0)?]);
    let unix = u64::from(libc::AF_UNIX.unsigned_abs());
    rules.insert(libc::SYS_socket, vec![narrow(0, Eq, unix)?]);
    rules.insert(libc::SYS_socketpair, vec![narrow(0, Eq, unix)?]);
    rules.insert(libc::SYS_personality, vec![narrow(0, Eq, 0)?, narrow(0, Eq, ASK_PERSONALITY)?]);

    // A named pipe or a plain file, never a device.
    let kind = |argument, kind: u32| narrow(argument, MaskedEq(u64::from(libc::S_IFMT)), u64::from(kind));
    let nodes = |argument| -> Compiled<Vec<SeccompRule>> {
        Ok(vec![kind(argument, libc::S_IFIFO)?, kind(argument, libc::S_IFREG)?])
    };
    rules.insert(libc::SYS_mknodat, nodes(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_mknod, nodes(1)?);

    // Limits may be read, and all but the one that holds back the host's crash
    // handler may be lowered.
    let core = u64::from(libc::RLIMIT_CORE);
    rules.insert(libc::SYS_prlimit64, vec![narrow(1, Ne, core)?, wide(2, Eq, 0)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_setrlimit, vec![narrow(0, Ne, core)?]);

    let ioctls = IOCTLS.iter().map(|request| narrow(1, Eq, u64::from(*request)));
    rules.insert(libc::SYS_ioctl, ioctls.collect::<Compiled<_>>()?);
    let prctls = PRCTLS.iter().map(|option| narrow(0, Eq, u64::from(option.unsigned_abs())));
    rules.insert(libc::SYS_prctl, prctls.collect::<Compiled<_>>()?);
    Ok(())
}

/// What a namespace narrows to the program's own, by arguments that name it. The
/// caller is the process that becomes the program.
fn add_conditional_unisolated(rules: &mut Rules) -> Compiled<()> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let is = |argument, value: u64| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, Eq, value);
    let is_not = |argument, value: u64| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, Ne, value);

    // Signals to itself, and to its process group, which is of its session.
    let own = u64::from(rustix::process::getpid().as_raw_pid().unsigned_abs());
    rules.insert(libc::SYS_kill, vec![one(is(0, 0)?)?, one(is(0, own)?)?]);
    rules.insert(libc::SYS_tgkill, vec![one(is(0, own)?)?]);
    // A descriptor that signals its owner is none that can be given away.
    let (owner, owner_ex) = (u64::from(F_SETOWN), u64::from(F_SETOWN_EX));
    rules.insert(libc::SYS_fcntl, vec![SeccompRule::new(vec![is_not(1, owner)?, is_not(1, owner_ex)?])?]);

    // A pair that can only speak with itself: a datagram socket could be sent on.
    let kind = SeccompCondition::new(
        1,
        SeccompCmpArgLen::Dword,
        MaskedEq(SOCKET_KIND),
        u64::from(libc::SOCK_STREAM.unsigned_abs()),
    )?;
    let unix = is(0, u64::from(libc::AF_UNIX.unsigned_abs()))?;
    rules.insert(libc::SYS_socketpair, vec![SeccompRule::new(vec![unix, kind])?]);

    // Its own limits, and times of files that it has open.
    let core = u64::from(libc::RLIMIT_CORE);
    let no_change = SeccompCondition::new(2, SeccompCmpArgLen::Qword, Eq, 0)?;
    rules.insert(
        libc::SYS_prlimit64,
        vec![
            SeccompRule::new(vec![is(0, 0)?, is_not(1, core)?])?,
            SeccompRule::new(vec![is(0, 0)?, no_change])?,
        ],
    );
    let no_path = SeccompCondition::new(1, SeccompCmpArgLen::Qword, Eq, 0)?;
    rules.insert(libc::SYS_utimensat, vec![one(no_path)?]);
    Ok(())
}

fn one(condition: SeccompCondition) -> Compiled<SeccompRule> {
    SeccompRule::new(vec![condition])
}

fn when(argument: u8, length: SeccompCmpArgLen, operator: SeccompCmpOp, value: u64) -> Compiled<SeccompRule> {
    SeccompRule::new(vec![SeccompCondition::new(argument, length, operator, value)?])
}

fn compile(rules: Rules, otherwise: SeccompAction, listed: SeccompAction) -> Compiled<BpfProgram> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, otherwise, listed, arch)?.try_into()
}
