//! What this machine offers, in lines for the operator.

use sandbox::{Capabilities, CgroupSupport, Enforcement, Identity, Isolation, Runtimes, Sandbox};

/// Isolation, limits, second walls and interpreters, one line each.
pub(crate) fn facts(sandbox: &Sandbox, runtimes: &Runtimes) -> Vec<String> {
    let found = sandbox.capabilities();
    vec![isolation(found), limits(found), walls(found), interpreters(runtimes)]
}

fn isolation(found: &Capabilities) -> String {
    match &found.isolation {
        Isolation::Available => {
            let identity = match found.identity {
                Identity::UidPerSandbox => "a uid of its own for each sandbox",
                Identity::ServersOwnUid => "the server's own uid",
            };
            format!("isolation: native ({}; {identity})", found.namespaces.join(" "))
        }
        Isolation::Unavailable { why } => format!("isolation: unavailable: {why}"),
    }
}

fn limits(found: &Capabilities) -> String {
    let groups = match found.cgroups {
        CgroupSupport::V1 => "cgroup v1",
        CgroupSupport::V2 => "cgroup v2, unverified",
        CgroupSupport::V2Delegated => "delegated cgroup v2, unverified",
        CgroupSupport::None => "no cgroup",
    };
    match &found.limits {
        Enforcement::Enforced => format!("limits: enforced ({groups})"),
        Enforcement::Degraded { why } => format!("limits: degraded ({why})"),
    }
}

fn walls(found: &Capabilities) -> String {
    let seccomp = if found.seccomp { "on" } else { "unavailable" };
    let landlock =
        found.landlock_abi.map_or("unavailable".to_owned(), |version| format!("version {version}"));
    format!("walls: seccomp {seccomp}, landlock {landlock}, kernel {}", found.kernel)
}

fn interpreters(runtimes: &Runtimes) -> String {
    let names: Vec<String> =
        runtimes.iter().map(|found| format!("{} {}", found.program.display(), found.version)).collect();
    if names.is_empty() {
        "interpreters: none that works in a sandbox".to_owned()
    } else {
        format!("interpreters: {}", names.join(", "))
    }
}
