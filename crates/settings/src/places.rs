//! `[policy]`, `[audit]` and `[[resource]]`: folders and files that other crates open.

use crate::error::Fault;
use crate::raw::{RawAudit, RawPolicy, RawResource};
use crate::secret_reference::SecretReference;
use crate::{Destination, Exporter, Witness, followers};
use domain::ResourceName;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Room for the operator to log in, look and free space: some 10,000 records.
const DEFAULT_RESERVE_MIB: u64 = 64;
/// About 100,000 calls: a busy assistant for a day, not a loop.
const DEFAULT_PER_PRINCIPAL_MIB_DAY: u64 = 256;
const MIB: u64 = 1024 * 1024;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// Where the policy set is.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Folder with the schema, policies, `roles.toml` and `data.toml`.
    pub dir: PathBuf,
}

/// Where the log is and how much room it takes.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Folder of the log.
    pub dir: PathBuf,
    /// Space kept free for the operator. Bytes.
    pub reserve_bytes: u64,
    /// Space of one principal in a day. Bytes.
    pub per_principal_bytes_day: u64,
    /// How long records are kept; `None` for ever.
    pub retain: Option<Duration>,
    /// Who keeps its checkpoints.
    pub witnesses: Vec<Witness>,
    /// Who gets its records.
    pub exporters: Vec<Exporter>,
}

/// Something that tools may name.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What tools and policies call it.
    pub name: ResourceName,
    /// What it is and where.
    pub kind: ResourceKind,
    /// Its key or password.
    pub secret: Option<SecretReference>,
}

/// Kinds of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A SQLite database.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
}

impl Policy {
    pub(crate) fn check(raw: RawPolicy, base: &Path) -> Self {
        Self { dir: base.join(raw.dir) }
    }
}

impl Audit {
    pub(crate) fn check(
        raw: RawAudit,
        destinations: &[Destination],
        data_dir: &Path,
        base: &Path,
    ) -> Result<Self, Fault> {
        let (witnesses, exporters) = followers::check_all(
            raw.witness.unwrap_or_default(),
            raw.exporter.unwrap_or_default(),
            destinations,
            base,
        )?;
        let usual = Self::usual(data_dir);
        Ok(Self {
            dir: raw.dir.map_or(usual.dir, |dir| base.join(dir)),
            reserve_bytes: raw.reserve_mib.map_or(usual.reserve_bytes, |mib| mib * MIB),
            per_principal_bytes_day: raw
                .per_principal_mib_day
                .map_or(usual.per_principal_bytes_day, |mib| mib * MIB),
            retain: raw.retain_days.map(|days| Duration::from_secs(days * DAY_SECONDS)),
            witnesses,
            exporters,
        })
    }

    /// The log of a server whose operator says nothing about it.
    pub(crate) fn usual(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("audit"),
            reserve_bytes: DEFAULT_RESERVE_MIB * MIB,
            per_principal_bytes_day: DEFAULT_PER_PRINCIPAL_MIB_DAY * MIB,
            retain: None,
            witnesses: Vec::new(),
            exporters: Vec::new(),
        }
    }
}

impl Resource {
    pub(crate) fn check_all(raw: Vec<RawResource>, base: &Path) -> Result<Vec<Self>, Fault> {
        let mut resources: Vec<Self> = Vec::new();
        for (at, raw) in raw.into_iter().enumerate() {
            let resource = Self::check(raw, at, base)?;
            if resources.iter().any(|known| known.name == resource.name) {
                let key = format!("resource[{at}].name");
                return Err(Fault::new(
                    key,
                    "names a resource for the second time",
                    "give each resource a name of its own",
                ));
            }
            resources.push(resource);
        }
        Ok(resources)
    }

    fn check(raw: RawResource, at: usize, base: &Path) -> Result<Self, Fault> {
        let name = raw.name.parse::<ResourceName>().map_err(|error| {
            Fault::new(
                format!("resource[{at}].name"),
                format!("is wrong: {error}"),
                "use A-Z a-z 0-9 _ -, at most 64 signs",
            )
        })?;
        let secret = raw
            .secret
            .map(|text| SecretReference::parse(&text, &format!("resource[{at}].secret"), base))
            .transpose()?;
        let kind = match raw.kind.as_str() {
            "sqlite" => ResourceKind::Sqlite { path: base.join(raw.path) },
            _ => {
                return Err(Fault::new(
                    format!("resource[{at}].kind"),
                    "is not a kind of resource",
                    "write sqlite",
                ));
            }
        };
        Ok(Self { name, kind, secret })
    }

    /// A database of the sample company.
    pub(crate) fn sample(name: &str, data_dir: &Path) -> Option<Self> {
        let path = data_dir.join("company").join(format!("{name}.sqlite"));
        Some(Self { name: name.parse().ok()?, kind: ResourceKind::Sqlite { path }, secret: None })
    }
}
