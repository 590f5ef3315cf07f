//! What the machine offers: to tools, and to connections.

use crate::policy_start::versions;
use crate::{catalogue, overrides, wire};
use cli::{DoctorLine, DoctorState};
use domain::{Clock as _, SystemClock};
use gateway::Limits;
use sandbox::{Enforcement, Isolation, Language, Sandbox, SandboxConfig, Unisolated};
use settings::{OverrideName, Settings};
use std::path::PathBuf;

/// Isolation, limits, walls and interpreters, really tried; and the limit on open files.
pub(crate) async fn lines(launcher: PathBuf, settings: &Settings) -> Vec<DoctorLine> {
    let mut lines = sandbox_lines(launcher, settings).await;
    lines.push(open_files());
    lines.extend(policy(settings));
    lines
}

async fn sandbox_lines(launcher: PathBuf, settings: &Settings) -> Vec<DoctorLine> {
    let now = SystemClock.now();
    let allow_unisolated = settings.active_override(&OverrideName::NoIsolation, now).is_some();
    let config = SandboxConfig { launcher, allow_unisolated, ..SandboxConfig::default() };
    let sandbox = match Sandbox::new(config).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let fix = "see the cause; nothing that runs code is offered until then";
            return vec![line("isolation", DoctorState::Missing, error.to_string(), fix)];
        }
    };
    let found = sandbox.capabilities();
    let mut lines = vec![match &found.isolation {
        Isolation::Available => {
            line("isolation", DoctorState::Ok, "native: a program was run in a sandbox", "")
        }
        Isolation::Unavailable { why } => line(
            "isolation",
            DoctorState::Missing,
            why.clone(),
            "see the cause; code tools refuse until then",
        ),
    }];
    lines.extend(unisolated(&found.unisolated));
    lines.extend(overrides::doctor_lines(settings, &sandbox, now));
    lines.push(match &found.limits {
        Enforcement::Enforced => {
            line("limits", DoctorState::Ok, format!("enforced by {:?}", found.cgroups), "")
        }
        Enforcement::Degraded { why } => {
            let fix =
                "run the server as root or in a session with a delegated cgroup to have the kernel hold them";
            line("limits", DoctorState::Degraded, format!("limits: degraded: {why}"), fix)
        }
    });
    lines.push(match found.landlock_abi {
        Some(version) => line("landlock", DoctorState::Ok, format!("version {version}"), ""),
        None => line(
            "landlock",
            DoctorState::Degraded,
            "this kernel has none",
            "use a kernel with CONFIG_SECURITY_LANDLOCK",
        ),
    });
    let runtimes = sandbox.runtimes().await;
    for (language, name, package) in [
        (Language::Python, "python", "python3"),
        (Language::JavaScript, "javascript", "nodejs"),
        (Language::Bash, "bash", "bash"),
    ] {
        lines.push(match runtimes.get(language) {
            Some(found) => {
                line(name, DoctorState::Ok, format!("{} {}", found.program.display(), found.version), "")
            }
            None => {
                let fix = format!("apt install {package}");
                line(name, DoctorState::Missing, "no interpreter under /usr works in a sandbox", fix)
            }
        });
    }
    lines
}

fn open_files() -> DoctorLine {
    let (files, connections) = Limits::open_files_here();
    let state =
        if connections < Limits::default().connections { DoctorState::Degraded } else { DoctorState::Ok };
    let fix = "raise the hard limit: `ulimit -Hn`, or LimitNOFILE= in the service";
    let cause = format!("{files} files may be open, so {connections} connections are served at once");
    line("open files", state, cause, if state == DoctorState::Ok { "" } else { fix })
}

/// Whether the policy folder holds what is in force; nothing before there is a folder.
fn policy(settings: &Settings) -> Option<DoctorLine> {
    let folder = &settings.policy.dir;
    if !folder.is_dir() {
        return None;
    }
    let found = catalogue::every_manifest().and_then(|tools| wire::load_policy(folder, &tools));
    let found = match found {
        Ok(policy) => policy.policy_hash(),
        Err(error) => {
            let fix = "`secure-mcp policy check` names every fault; no server starts with this folder";
            return Some(line("policy", DoctorState::Missing, format!("{error:#}"), fix));
        }
    };
    let accepted = versions(settings).history().unwrap_or_default();
    Some(match accepted.last().map(|last| last.policy) {
        Some(current) if current != found => {
            let cause = format!("{} is in force; the folder holds {}", current.short(), found.short());
            let fix = "look at the change with `secure-mcp policy diff`, then `secure-mcp policy accept`";
            line("policy", DoctorState::Degraded, cause, fix)
        }
        Some(_) => line("policy", DoctorState::Ok, format!("{} is in force", found.short()), ""),
        None => line("policy", DoctorState::Ok, format!("the first start takes {}", found.short()), ""),
    })
}

/// How code would run under the override `no_isolation`, where it is in force and needed.
fn unisolated(found: &Unisolated) -> Option<DoctorLine> {
    match found {
        Unisolated::NotAllowed => None,
        Unisolated::Available => Some(line(
            "code",
            DoctorState::Degraded,
            "a program was run without isolation, as the override allows; what holds it then is in docs/cli.md",
            "give this host isolation; each caller needs a permit for runInProcess until then",
        )),
        Unisolated::Unavailable { why } => {
            let fix = "see the cause; code tools refuse until then";
            Some(line("code", DoctorState::Missing, format!("not even without isolation: {why}"), fix))
        }
    }
}

fn line(subject: &str, state: DoctorState, cause: impl Into<String>, fix: impl Into<String>) -> DoctorLine {
    DoctorLine { subject: subject.to_owned(), state, cause: cause.into(), fix: fix.into() }
}
