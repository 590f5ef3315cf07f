//! `doctor`: what this machine offers, line by line, with cause and fix.

use crate::arguments::Doctor;
use crate::context::Context;
use crate::output::visible;
use crate::server::{DoctorLine, DoctorState};
use crate::{Exit, Failure};
use serde_json::json;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// Room for the log's reserve and a day of busy traffic.
const WANTED_DISK_MIB: u64 = 1024;

pub(super) async fn run(asked: &Doctor, context: Context<'_>) -> Result<Exit, Failure> {
    let settings = asked.home.settings_to_look_at()?;
    let mut lines = context.server.doctor(&settings).await;
    lines.extend(data_directory(&settings.server.data_dir));
    for line in &lines {
        let fix = if line.fix.is_empty() {
            String::new()
        } else {
            format!("\n          fix: {}", visible(&line.fix))
        };
        context.output.say(
            format!("{:<8}  {}: {}{fix}", line.state.word(), line.subject, visible(&line.cause)),
            &json!({ "subject": line.subject, "state": line.state.word(), "cause": line.cause, "fix": line.fix }),
        );
    }
    Ok(Exit::Ok)
}

fn line(subject: &str, state: DoctorState, cause: String, fix: impl Into<String>) -> DoctorLine {
    let fix = if state == DoctorState::Ok { String::new() } else { fix.into() };
    DoctorLine { subject: subject.to_owned(), state, cause, fix }
}

/// Rights and free space of the data directory; none yet is fine, its folder's space is looked at then.
fn data_directory(data_dir: &Path) -> Vec<DoctorLine> {
    let shown = data_dir.display();
    let Ok(about) = data_dir.metadata() else {
        let cause = format!("`{shown}` is not there; the first start makes it, for its owner alone");
        return vec![line("data directory", DoctorState::Ok, cause, "")];
    };
    let mode = about.permissions().mode() & 0o777;
    let own = about.uid() == rustix::process::geteuid().as_raw();
    let state = if mode & 0o077 == 0 && own { DoctorState::Ok } else { DoctorState::Degraded };
    let cause = format!("`{shown}` has mode {mode:03o} and owner {}", about.uid());
    let mut lines =
        vec![line("data directory", state, cause, format!("run as its owner, and `chmod 700 {shown}`"))];
    if let Ok(disk) = rustix::fs::statvfs(data_dir) {
        let free_mib = disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024);
        let state = if free_mib >= WANTED_DISK_MIB { DoctorState::Ok } else { DoctorState::Degraded };
        let cause = format!("{free_mib} MiB are free for the audit log; without room, calls are refused");
        lines.push(line(
            "disk",
            state,
            cause,
            format!("free {WANTED_DISK_MIB} MiB on the disk of `{shown}`"),
        ));
    }
    lines
}
