//! One run, from building the product to the exit code.

use crate::decisions::{self, Decisions};
use crate::environment::Environment;
use crate::idle::{self, Idle};
use crate::options::{Measure, Options};
use crate::product::{self, Home, Site, Variant};
use crate::proof::Proof;
use crate::rounds::{Fleet, Series};
use crate::start_up::{self, StartUp};
use crate::{policy, report};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use tokio::signal::unix::{SignalKind, signal};

const PRODUCT: &str = "secure-mcp";
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Everything that a run found out.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// Where and when.
    pub environment: Environment,
    /// Rules and roles of the policy, above the repository's own.
    pub rules: usize,
    /// The same.
    pub roles: usize,
    /// The start, with the repository's own policy and with the one that is measured.
    pub start_ups: Vec<StartUp>,
    /// Policy by itself.
    pub decisions: Decisions,
    /// Idle WebSockets, plain and TLS.
    pub idle: Vec<Idle>,
    /// The rounds.
    pub series: Vec<Series>,
    /// One reply of each row of the product.
    pub proofs: BTreeMap<&'static str, Proof>,
}

impl Findings {
    /// Replies that were not good.
    pub fn errors(&self) -> u64 {
        self.series.iter().flat_map(|series| &series.samples).map(|sample| sample.errors).sum()
    }
}

/// Measures, prints, and says whether every reply was good.
pub fn run(options: &Options) -> Result<ExitCode> {
    let options = &options.measure;
    let binary = match &options.binary {
        Some(binary) => binary.canonicalize().with_context(|| format!("no file {}", binary.display()))?,
        None => build()?,
    };
    // One thread: the client takes one processor at most.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let findings = runtime.block_on(async {
        tokio::select! {
            findings = measure(options, binary) => findings,
            told = told_to_end() => Err(told.err().unwrap_or_else(|| anyhow!("interrupted: nothing was measured"))),
        }
    })?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        print!("{}", report::text(&findings));
    }
    Ok(if findings.errors() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures policy by itself and prints it.
pub fn decisions() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(decisions::measure(&Path::new(WORKSPACE).join("policies")))?;
    println!("{}", decisions::line(&found));
    Ok(())
}

/// An interrupted run still ends its servers and removes its folders.
async fn told_to_end() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

async fn measure(options: &Measure, binary: PathBuf) -> Result<Findings> {
    let environment = Environment::look(&binary, &options.disk, &options.memory)?;
    let folder = |parent: &Path| tempfile::Builder::new().prefix("bench-").tempdir_in(parent);
    let disk = folder(&options.disk).with_context(|| format!("no folder in {}", options.disk.display()))?;
    let memory =
        folder(&options.memory).with_context(|| format!("no folder in {}", options.memory.display()))?;
    let site = Site { binary, policies: disk.path().join("policies") };
    policy::write(&Path::new(WORKSPACE).join("policies"), &site.policies)?;
    product::check_policy(&site)?;

    eprintln!("deciding");
    let decided = decisions::measure(&Path::new(WORKSPACE).join("policies")).await?;
    eprintln!("starting and stopping");
    let own_policy = Site { binary: site.binary.clone(), policies: disk.path().join("own-policies") };
    policy::copy(&Path::new(WORKSPACE).join("policies"), &own_policy.policies)?;
    let mut start_ups = Vec::new();
    for (name, policy, site) in
        [("start", "the repository's policy", &own_policy), ("start-bench", "the generated policy", &site)]
    {
        let home = Home::create(site, &disk.path().join(name), &Variant::default())?;
        start_ups.push(start_up::measure(site, &home, policy).await?);
    }
    let mut idle = Vec::new();
    for tls in [false, true].into_iter().filter(|_| options.idle_sockets > 0) {
        eprintln!("{} idle sockets{}", options.idle_sockets, if tls { " over TLS" } else { "" });
        let home_folder = disk.path().join(if tls { "idle-tls" } else { "idle" });
        let home = Home::create(&site, &home_folder, &Variant { tls, log: None })?;
        idle.push(idle::measure(&site, &home, options.idle_sockets, tls).await?);
    }
    let fleet = Fleet::start(&site, disk.path(), memory.path(), options.only.as_deref()).await?;
    let series = fleet.measure(options).await?;
    let proofs = fleet.proofs().clone();
    let (rules, roles) = (policy::RULES, policy::ROLES);
    Ok(Findings { environment, rules, roles, start_ups, decisions: decided, idle, series, proofs })
}

/// The product beside this program. Under cargo it is built first, in the same profile.
fn build() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program has no folder")?;
    let binary = folder.join(PRODUCT);
    if let Some(cargo) = std::env::var_os("CARGO") {
        let target = folder.parent().context("this program is not in a target folder")?;
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") => {
                bail!("a debug build says nothing about speed: run with --profile dist or --release")
            }
            Some(profile) => profile,
            None => bail!("this program is not in the folder of a profile"),
        };
        let status = Command::new(cargo)
            .args(["build", "--profile", profile, "--package", PRODUCT, "--target-dir"])
            .arg(target)
            .current_dir(WORKSPACE)
            .status()
            .context("cannot start cargo")?;
        ensure!(status.success(), "{PRODUCT} does not build");
    }
    ensure!(binary.is_file(), "there is no {}: build it, or name one with --binary", binary.display());
    Ok(binary)
}
