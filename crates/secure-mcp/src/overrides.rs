//! What the operator's overrides mean for the parts of a server, in the words of those parts.

use cli::{DoctorLine, DoctorState};
use connector_code::NoIsolation;
use domain::{Clock, UnixMillis};
use sandbox::{Isolation, Sandbox, Unisolated};
use settings::{Override, OverrideName, Settings};
use std::sync::Arc;

/// The override `no_isolation` for the code tools, if it is written. They ask at each call whether it holds.
pub(crate) fn no_isolation(settings: &Settings, clock: &Arc<dyn Clock>) -> Option<NoIsolation> {
    let written = settings.active_override(&OverrideName::NoIsolation, clock.now())?;
    Some(NoIsolation { expires: written.expires, until: written.until(), clock: Arc::clone(clock) })
}

/// A line for each override that is in force.
pub(crate) fn facts(settings: &Settings, sandbox: &Sandbox) -> Vec<String> {
    let needless = isolates(sandbox);
    let mut lines: Vec<String> =
        settings.overrides.iter().map(|one| format!("override: {}", in_force(one, needless))).collect();
    if let Unisolated::Unavailable { why } = &sandbox.capabilities().unisolated {
        lines.push(format!("code: not even without isolation: {why}"));
    }
    lines
}

/// A line for each override, whether or not it is over.
pub(crate) fn doctor_lines(settings: &Settings, sandbox: &Sandbox, now: UnixMillis) -> Vec<DoctorLine> {
    let needless = isolates(sandbox);
    let line = |one: &Override| {
        let (cause, fix) = if one.holds(now) {
            let fix = "remove it as soon as its reason is gone";
            (format!("{}: {}", in_force(one, needless), one.reason), fix)
        } else {
            let fix = "remove it, or write a later date if its reason still holds; no server starts with it";
            (format!("{} ended ({}): {}", one.name, one.until(), one.reason), fix)
        };
        DoctorLine {
            subject: "override".to_owned(),
            state: DoctorState::Degraded,
            cause,
            fix: fix.to_owned(),
        }
    };
    settings.overrides.iter().map(line).collect()
}

fn in_force(one: &Override, isolates: bool) -> String {
    if one.name == OverrideName::NoIsolation && isolates {
        return format!("{} is written (until {}) and not needed: code runs isolated", one.name, one.until());
    }
    format!("{} in force until {}", one.name, one.until())
}

fn isolates(sandbox: &Sandbox) -> bool {
    sandbox.capabilities().isolation == Isolation::Available
}
