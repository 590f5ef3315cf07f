//! `[[audit.witness]]` and `[[audit.exporter]]`: where the log's checkpoints and records go as well.

use crate::error::Fault;
use crate::raw::{RawExporter, RawWitness};
use crate::secret_reference::SecretReference;
use crate::{Destination, Scheme};
use std::path::{Path, PathBuf};

/// Where an OTLP receiver takes logs. OpenTelemetry, OTLP/HTTP.
const OTLP_PATH: &str = "/v1/logs";
/// Where it takes traces.
const OTLP_TRACES_PATH: &str = "/v1/traces";

/// Somebody who keeps the log's checkpoints, out of the operator's reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What messages, numbers and records call it.
    pub name: String,
    /// Who it is.
    pub kind: WitnessKind,
}

/// Kinds of witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessKind {
    /// A file that only grows, on another mount.
    File(PathBuf),
    /// A witness of C2SP tlog-witness.
    Url {
        /// Its `[[egress.destination]]`.
        destination: String,
        /// The prefix of its paths, without a slash at its end.
        path: String,
    },
    /// A syslog server over TLS. It keeps and does not answer.
    Syslog {
        /// Its `[[egress.destination]]`.
        destination: String,
    },
}

/// Somebody who gets the log's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exporter {
    /// What messages and numbers call it.
    pub name: String,
    /// Where they go.
    pub kind: ExporterKind,
    /// Whether personal fields go in clear.
    pub personal: Personal,
}

/// Kinds of exporters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExporterKind {
    /// A file, one record a line.
    File(PathBuf),
    /// JSON over HTTP.
    Webhook(HttpReceiver),
    /// OpenTelemetry logs, OTLP/HTTP in JSON.
    Otlp(HttpReceiver),
    /// A span for each call, OTLP/HTTP in JSON.
    OtlpTraces(HttpReceiver),
    /// RFC 5424 over TLS.
    Syslog {
        /// Its `[[egress.destination]]`.
        destination: String,
    },
}

/// A route that takes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReceiver {
    /// Its `[[egress.destination]]`.
    pub destination: String,
    /// Its path.
    pub path: String,
    /// The token that it wants, if it wants one.
    pub secret: Option<SecretReference>,
}

/// What becomes of personal fields on their way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// They stay sealed: an erasure holds there too.
    Sealed,
    /// They are opened: an erasure does not reach what was sent.
    Clear,
}

/// The keys that say where something goes.
struct Target<'a> {
    key: String,
    file: Option<PathBuf>,
    destination: Option<String>,
    path: Option<String>,
    known: &'a [Destination],
    base: &'a Path,
}

impl Target<'_> {
    fn fault(&self, key: &str, cause: &str, advice: &str) -> Fault {
        Fault::new(format!("{}.{key}", self.key), cause, advice)
    }

    fn file(self) -> Result<PathBuf, Fault> {
        if self.destination.is_some() || self.path.is_some() {
            let key = if self.destination.is_some() { "destination" } else { "path" };
            return Err(self.fault(key, "is of no use for a file", "leave it out"));
        }
        match &self.file {
            Some(file) => Ok(self.base.join(file)),
            None => Err(self.fault("file", "is missing", "name the file")),
        }
    }

    fn destination(&self) -> Result<&Destination, Fault> {
        if self.file.is_some() {
            return Err(self.fault("file", "is of no use for this kind", "leave it out"));
        }
        let advice = "name a destination of [[egress.destination]]";
        let Some(name) = &self.destination else {
            return Err(self.fault("destination", "is missing", advice));
        };
        let known = self.known.iter().find(|known| known.name == *name);
        known.ok_or_else(|| self.fault("destination", "names a destination that is not there", advice))
    }

    fn http(self, usual: &str, secret: Option<SecretReference>) -> Result<HttpReceiver, Fault> {
        let destination = self.destination()?.name.clone();
        let path = self.path.clone().unwrap_or_else(|| usual.to_owned());
        if !path.starts_with('/') {
            return Err(self.fault(
                "path",
                "does not start with /",
                "write the path of the URL, such as /v1/logs",
            ));
        }
        Ok(HttpReceiver { destination, path, secret })
    }

    fn syslog(self) -> Result<String, Fault> {
        let destination = self.destination()?;
        if self.path.is_some() {
            return Err(self.fault("path", "is of no use for syslog", "leave it out"));
        }
        if destination.scheme != Scheme::Https {
            return Err(self.fault(
                "destination",
                "is a destination without TLS",
                "give the destination scheme = \"https\" and the port of syslog over TLS, 6514",
            ));
        }
        Ok(destination.name.clone())
    }
}

/// A follower's name stands in file names, records and numbers.
fn name(text: String, key: &str, taken: &mut Vec<String>) -> Result<String, Fault> {
    let is_name = (1..=64).contains(&text.len())
        && text.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"_-".contains(&sign));
    let key = format!("{key}.name");
    if !is_name {
        return Err(Fault::new(key, "is not a valid name", "use A-Z a-z 0-9 _ -, at most 64 signs"));
    }
    if taken.contains(&text) {
        let advice = "give each witness and each exporter a name of its own";
        return Err(Fault::new(key, "is taken", advice));
    }
    taken.push(text.clone());
    Ok(text)
}

/// The log's followers, with names that no two of them have.
pub(crate) fn check_all(
    witnesses: Vec<RawWitness>,
    exporters: Vec<RawExporter>,
    known: &[Destination],
    base: &Path,
) -> Result<(Vec<Witness>, Vec<Exporter>), Fault> {
    let mut taken = Vec::new();
    let mut checked = (Vec::new(), Vec::new());
    for (at, raw) in witnesses.into_iter().enumerate() {
        let key = format!("audit.witness[{at}]");
        let RawWitness { name: text, kind, file, destination, path } = raw;
        let target = Target { key: key.clone(), file, destination, path, known, base };
        let kind = match kind.as_str() {
            "file" => WitnessKind::File(target.file()?),
            "url" => {
                let HttpReceiver { destination, path, .. } = target.http("/", None)?;
                WitnessKind::Url { destination, path: path.trim_end_matches('/').to_owned() }
            }
            "syslog" => WitnessKind::Syslog { destination: target.syslog()? },
            _ => return Err(target.fault("kind", "is not a kind of witness", "write file, url or syslog")),
        };
        checked.0.push(Witness { name: name(text, &key, &mut taken)?, kind });
    }
    for (at, raw) in exporters.into_iter().enumerate() {
        let key = format!("audit.exporter[{at}]");
        let RawExporter { name: text, kind, file, destination, path, secret, personal } = raw;
        let secret =
            secret.map(|text| SecretReference::parse(&text, &format!("{key}.secret"), base)).transpose()?;
        let target = Target { key: key.clone(), file, destination, path, known, base };
        if secret.is_some() && matches!(kind.as_str(), "file" | "syslog") {
            return Err(target.fault("secret", "is of no use for this kind", "leave it out"));
        }
        let kind = match kind.as_str() {
            "file" => ExporterKind::File(target.file()?),
            "webhook" => ExporterKind::Webhook(target.http("/", secret)?),
            "otlp" => ExporterKind::Otlp(target.http(OTLP_PATH, secret)?),
            "otlp_traces" => ExporterKind::OtlpTraces(target.http(OTLP_TRACES_PATH, secret)?),
            "syslog" => ExporterKind::Syslog { destination: target.syslog()? },
            _ => {
                let advice = "write file, webhook, otlp, otlp_traces or syslog";
                return Err(target.fault("kind", "is not a kind of exporter", advice));
            }
        };
        let personal = match personal.as_deref() {
            None | Some("sealed") => Personal::Sealed,
            Some("clear") => Personal::Clear,
            Some(_) => {
                let key = format!("{key}.personal");
                return Err(Fault::new(key, "is not a word for personal fields", "write sealed or clear"));
            }
        };
        checked.1.push(Exporter { name: name(text, &key, &mut taken)?, kind, personal });
    }
    Ok(checked)
}
