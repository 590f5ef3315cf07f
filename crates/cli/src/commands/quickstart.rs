//! `quickstart`: prepare, start, show, and serve on unless told to end.

use crate::arguments::Quickstart;
use crate::commands::{failure_of, verify_log};
use crate::context::Context;
use crate::demo::{self, Demo};
use crate::serving::Up;
use crate::{ChangedPolicy, Exit, Failure};
use audit::{VerifyError, VerifyRequest};
use settings::observe::LogFormat;
use settings::{AdminListen, Settings};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

pub(super) async fn run(asked: Quickstart, context: Context<'_>) -> Result<Exit, Failure> {
    context.start_log(LogFormat::Text, "error")?;
    let mut settings = Settings::quickstart(asked.data_dir, chosen(asked.listen)?)?;
    if let Some(listen) = asked.admin_listen {
        settings.server.admin_listen = AdminListen::Tcp(chosen(listen)?);
    }
    let audit_dir = settings.audit.dir.clone();
    check_log(&audit_dir)?;
    context.server.prepare_quickstart(&settings)?;
    let up = Up::start(context.server, settings, ChangedPolicy::Refuse).await?;
    let played = show(&up, &audit_dir, context).await;
    if asked.once || played.is_err() {
        let stopped = up.stop().await;
        played?;
        stopped?;
        return Ok(Exit::Ok);
    }
    context.output.text("\nThe server serves on; end it with Ctrl-C.");
    up.until_told().await?;
    Ok(Exit::Ok)
}

async fn show(up: &Up, audit_dir: &Path, context: Context<'_>) -> Result<(), Failure> {
    demo::announce(up, context.output);
    Demo::new(&up.file, audit_dir, &up.running.facts, context.output).play().await
}

/// A log of an earlier run has to hold, byte for byte, before anything is added to it.
fn check_log(audit_dir: &Path) -> Result<(), Failure> {
    if !audit_dir.is_dir() {
        return Ok(());
    }
    match verify_log(&VerifyRequest::directory(audit_dir)) {
        Ok(_) | Err(VerifyError::NoLog { .. }) => Ok(()),
        Err(error) => Err(failure_of(&error)),
    }
}

/// Port 0 is settled before the server starts: tokens and clients name the port.
#[expect(
    clippy::disallowed_methods,
    reason = "asks the system for a free port and lets it go at once; the gateway listens"
)]
fn chosen(listen: SocketAddr) -> Result<SocketAddr, Failure> {
    if listen.port() != 0 {
        return Ok(listen);
    }
    TcpListener::bind(listen).and_then(|listener| listener.local_addr()).map_err(|error| {
        Failure::usage(
            "listen",
            format!("no free port on {}: {error}", listen.ip()),
            "give an address of this machine with --listen",
        )
    })
}
