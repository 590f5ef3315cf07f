//! Who follows the log: from settings to a relay, and what the witnesses say at a start.

use crate::way_out::way_out;
use anyhow::Context as _;
use audit::{Audit, OperatorEvent};
use cli::{Failure, WitnessLine};
use domain::{Clock, Secret, UnixMillis};
use egress::{Egress, Unnamed};
use relay::{Exporter, Receiver, Relay, Sink, Verdict, Witness, WitnessKind, compare, compare_running};
use settings::{ExporterKind, HttpReceiver, Settings};
use std::sync::Arc;

/// What records and checkpoints are sent with.
const CONTENT_TYPE: &str = "content-type";

/// The log's followers as the operator wrote them.
pub(crate) struct Followers {
    egress: Arc<Egress>,
    exporters: Vec<Exporter>,
    witnesses: Vec<Witness>,
}

impl Followers {
    pub(crate) fn of(settings: &Settings, now: UnixMillis) -> anyhow::Result<Self> {
        let witness = |one: &settings::Witness| Witness {
            name: one.name.clone(),
            kind: match &one.kind {
                settings::WitnessKind::File(path) => WitnessKind::File(path.clone()),
                settings::WitnessKind::Url { destination, path } => {
                    WitnessKind::Url { destination: destination.clone(), path: path.clone() }
                }
                settings::WitnessKind::Syslog { destination } => WitnessKind::Syslog(destination.clone()),
            },
        };
        Ok(Self {
            egress: Arc::new(Egress::new(way_out(
                settings,
                now,
                |_| true,
                &[CONTENT_TYPE],
                Unnamed::Refused,
            )?)?),
            exporters: settings.audit.exporters.iter().map(exporter).collect::<anyhow::Result<_>>()?,
            witnesses: settings.audit.witnesses.iter().map(witness).collect(),
        })
    }

    /// Fails if a witness saw another log than this one. A witness by URL that cannot be reached is asked
    /// again while the server runs; it stops the calls then.
    pub(crate) async fn agree(&self, audit: &Audit) -> anyhow::Result<()> {
        for witness in &self.witnesses {
            let name = &witness.name;
            match compare_running(audit, witness, &self.egress).await {
                Ok(Verdict::Conflict(conflict)) => {
                    return Err(Failure::not_verified(
                        "log_restored",
                        format!("the log is not the one that the witness `{name}` saw: {conflict}"),
                        "find out who put an older or another log here; if it is known and meant, say so with \
                         `secure-mcp audit accept-restore --reason TEXT`",
                    )
                    .into());
                }
                Ok(Verdict::Accepted(conflict)) => {
                    tracing::warn!(witness = name, %conflict, "the log was restored, and that was accepted");
                }
                Ok(Verdict::Agrees { .. } | Verdict::Silent) => {}
                Err(error) if matches!(witness.kind, WitnessKind::File(_)) => {
                    return Err(anyhow::Error::from(error).context(format!("the witness `{name}`")));
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(witness = name, error, "the witness was not asked; it is asked again");
                }
            }
        }
        Ok(())
    }

    pub(crate) fn relay(self, audit: &Audit, clock: &Arc<dyn Clock>) -> Relay {
        Relay::new(audit.clone(), self.egress, Arc::clone(clock), self.exporters, self.witnesses)
    }

    /// What each witness says of the files of a log that may or may not be open.
    pub(crate) async fn compare(&self, settings: &Settings) -> anyhow::Result<Vec<WitnessLine>> {
        let view = audit::View::of_directory(&settings.audit.dir)?;
        let mut lines = Vec::new();
        for witness in &self.witnesses {
            let verdict = compare(&view, witness, &self.egress, None).await;
            let verdict = verdict.with_context(|| format!("the witness `{}`", witness.name))?;
            let (agrees, said) = match verdict {
                Verdict::Agrees { size } => (Some(true), format!("it saw the first {size} records")),
                Verdict::Silent => (None, "it does not answer, or has seen nothing yet".to_owned()),
                Verdict::Conflict(conflict) | Verdict::Accepted(conflict) => {
                    (Some(false), conflict.to_string())
                }
            };
            lines.push(WitnessLine { witness: witness.name.clone(), agrees, said });
        }
        Ok(lines)
    }

    /// Records that each difference is known. Returns the names of the witnesses that differ.
    pub(crate) async fn accept(&self, audit: &Audit, reason: &str) -> anyhow::Result<Vec<String>> {
        let mut accepted = Vec::new();
        for witness in &self.witnesses {
            let verdict = compare_running(audit, witness, &self.egress).await;
            let verdict = verdict.with_context(|| format!("the witness `{}`", witness.name))?;
            if let Verdict::Conflict(conflict) = verdict {
                audit
                    .record(OperatorEvent::RestoreAccepted {
                        by: None,
                        witness: witness.name.clone(),
                        witness_records: conflict.size(),
                        records: audit.size(),
                        reason: reason.to_owned(),
                    })
                    .await?;
                accepted.push(witness.name.clone());
            }
        }
        Ok(accepted)
    }
}

fn exporter(one: &settings::Exporter) -> anyhow::Result<Exporter> {
    let receiver = |receiver: &HttpReceiver| -> anyhow::Result<Receiver> {
        let secret = receiver.secret.as_ref().map(settings::SecretReference::read).transpose();
        let secret = secret.with_context(|| format!("the secret of the exporter `{}`", one.name))?;
        let token = secret.map(|secret| String::from_utf8(secret.into_exposed())).transpose();
        let token = token.with_context(|| format!("the secret of the exporter `{}` is no text", one.name))?;
        Ok(Receiver {
            destination: receiver.destination.clone(),
            path: receiver.path.clone(),
            credential: token.map(|token| Secret::new(format!("Bearer {token}"))),
        })
    };
    let sink = match &one.kind {
        ExporterKind::File(path) => Sink::File(path.clone()),
        ExporterKind::Webhook(to) => Sink::Webhook(receiver(to)?),
        ExporterKind::Otlp(to) => Sink::Otlp(receiver(to)?),
        ExporterKind::OtlpTraces(to) => Sink::OtlpTraces(receiver(to)?),
        ExporterKind::Syslog { destination } => Sink::Syslog(destination.clone()),
    };
    let personal = match one.personal {
        settings::Personal::Sealed => audit::Personal::Sealed,
        settings::Personal::Clear => audit::Personal::Clear,
    };
    Ok(Exporter { name: one.name.clone(), sink, personal })
}
