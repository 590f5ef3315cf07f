//! Who follows the log: from settings to a relay, and what the witnesses say at a start.

use anyhow::Context as _;
use audit::{Audit, OperatorEvent};
use cli::{Failure, WitnessLine};
use domain::{Clock, Secret, UnixMillis};
use egress::{Destination, Egress, EgressConfig, OwnAddresses, PrivateAddresses, Scheme, Unnamed};
use relay::{Exporter, Receiver, Relay, Sink, Verdict, Witness, WitnessKind, compare, compare_running};
use settings::{AdminListen, ExporterKind, HttpReceiver, Links, OverrideName, Settings};
use std::sync::Arc;

/// A file of a few certificates.
const MAX_CA_BYTES: u64 = 1024 * 1024;
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
            egress: Arc::new(egress(settings, now)?),
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

/// A way out of its own: what tools may set of a destination's headers is not for the log, and the reverse.
fn egress(settings: &Settings, now: UnixMillis) -> anyhow::Result<Egress> {
    let mut extra_roots = Vec::new();
    let mut destinations = Vec::new();
    for one in &settings.destinations {
        if let Some(file) = &one.ca_file {
            let pem = settings::read_trusted(file, Links::Followed, MAX_CA_BYTES)
                .with_context(|| format!("the authority of the destination `{}`", one.name))?;
            extra_roots.push(pem.into_bytes());
        }
        let private = OverrideName::PrivateAddress { destination: one.name.clone() };
        destinations.push(Destination {
            name: one.name.clone(),
            host: one.host.clone(),
            port: one.port,
            scheme: match one.scheme {
                settings::Scheme::Https => Scheme::Https,
                settings::Scheme::Http => Scheme::Http,
            },
            private: match settings.active_override(&private, now) {
                Some(_) => PrivateAddresses::Allowed,
                None => PrivateAddresses::Refused,
            },
            headers: vec![CONTENT_TYPE.to_owned()],
            timeout: one.timeout,
            max_response_bytes: one.max_response_bytes,
        });
    }
    let mut listeners = vec![settings.server.listen];
    if let AdminListen::Tcp(address) = settings.server.admin_listen {
        listeners.push(address);
    }
    let url = &settings.server.public_url;
    let own = OwnAddresses { listeners, names: vec![(url.host().to_owned(), url.port())] };
    Ok(Egress::new(EgressConfig { destinations, unnamed: Unnamed::Refused, own, extra_roots })?)
}
