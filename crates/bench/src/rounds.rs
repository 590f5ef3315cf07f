//! The rows, and the rounds in which they take turns.
//!
//! Whatever else the machine does then falls on all rows alike, and a figure is the median over the
//! rounds. Each round begins with another row.

use crate::audit_log::Writes;
use crate::call::shown;
use crate::child::{Floor, Process};
use crate::connection::{Endpoint, Transport};
use crate::floor::{self, FloorKind};
use crate::load::{Sample, Target, load, next_call};
use crate::options::Measure;
use crate::policy;
use crate::product::{Home, Site, Variant};
use crate::proof::{self, Proof};
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The product over HTTP with its log on the disk: what the others are compared with.
pub const PRODUCT: &str = "secure-mcp, HTTP";
/// The same without a disk.
pub const IN_MEMORY: &str = "secure-mcp, HTTP, log in memory";
/// (a)
pub const ECHO: &str = "(a) bare echo";
/// (b)
pub const HOP: &str = "(b) bare hop with JWT";
/// (c), its default.
pub const RMCP: &str = "(c) rmcp, event stream";
/// (c), JSON.
pub const RMCP_JSON: &str = "(c) rmcp, JSON";

/// One row of the table.
pub struct Row {
    name: &'static str,
    target: Target,
    /// The product's log.
    log: Option<PathBuf>,
    /// Measured with the most connections alone.
    only_most: bool,
}

/// Every server of the rounds.
pub struct Fleet {
    rows: Vec<Row>,
    processes: Vec<Process>,
    proofs: BTreeMap<&'static str, Proof>,
}

/// A row with one number of connections.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// The row.
    pub name: &'static str,
    /// Connections.
    pub connections: u32,
    /// One for each round.
    pub samples: Vec<Sample>,
}

impl Fleet {
    /// Starts every server and makes one call on each row.
    pub async fn start(site: &Site, disk: &Path, memory: &Path, only: Option<&str>) -> Result<Self> {
        let mut fleet = Self { rows: Vec::new(), processes: Vec::new(), proofs: BTreeMap::new() };
        let in_memory = Variant { tls: false, log: Some(memory.join("audit")) };
        let tls = Variant { tls: true, log: None };
        let http =
            [(PRODUCT, Transport::Http, false), ("secure-mcp, WebSocket", Transport::WebSocket, false)];
        fleet.product(site, &disk.join("plain"), &Variant::default(), &http).await?;
        fleet.product(site, &disk.join("tls"), &tls, &[("secure-mcp, HTTPS", Transport::Http, true)]).await?;
        fleet.product(site, &disk.join("memory"), &in_memory, &[(IN_MEMORY, Transport::Http, false)]).await?;
        let echo = fleet.floor(ECHO, FloorKind::Echo, None)?;
        fleet.floor(HOP, FloorKind::Hop, Some(&echo))?;
        fleet.floor(RMCP, FloorKind::Rmcp, None)?;
        fleet.floor(RMCP_JSON, FloorKind::RmcpJson, None)?;
        fleet.rows.retain(|row| only.is_none_or(|only| row.name.contains(only)));
        fleet.call_each().await?;
        Ok(fleet)
    }

    async fn product(
        &mut self,
        site: &Site,
        folder: &Path,
        variant: &Variant,
        rows: &[(&'static str, Transport, bool)],
    ) -> Result<()> {
        let home = Home::create(site, folder, variant)?;
        let (process, _) = home.start(site).await?;
        let tokens = home.tokens().await?;
        for (name, transport, only_most) in rows.iter().copied() {
            let (endpoint, pid) = (home.endpoint(transport), process.pid());
            let target = Target { endpoint, tokens: tokens.clone(), is_governed: true, pid };
            self.rows.push(Row { name, target, log: Some(home.log().to_owned()), only_most });
        }
        self.processes.push(process);
        Ok(())
    }

    fn floor(
        &mut self,
        name: &'static str,
        kind: FloorKind,
        upstream: Option<&Endpoint>,
    ) -> Result<Endpoint> {
        let Floor { process, address } = Floor::start(kind, upstream.map(|upstream| upstream.address))?;
        let endpoint = Endpoint { address, transport: Transport::Http, tls: None };
        let tokens = match kind {
            FloorKind::Hop => {
                (0..policy::PEOPLE).map(|at| floor::token(&policy::person(at))).collect::<Result<_>>()?
            }
            _ => Vec::new(),
        };
        let target = Target { endpoint: endpoint.clone(), tokens, is_governed: false, pid: process.pid() };
        self.rows.push(Row { name, target, log: None, only_most: false });
        self.processes.push(process);
        Ok(endpoint)
    }

    /// A row that cannot answer one call is not measured at all.
    async fn call_each(&mut self) -> Result<()> {
        for row in &self.rows {
            let call = next_call();
            let asked = async {
                let mut connection =
                    row.target.endpoint.connect(row.target.tokens.first().map(String::as_str)).await?;
                let reply = connection.call(call.body.clone()).await?;
                call.check(&reply)?;
                let is_governed = row.target.is_governed;
                is_governed.then(|| proof::read(&call, &reply).with_context(|| shown(&reply))).transpose()
            };
            if let Some(proof) = asked.await.with_context(|| format!("{}: the first call", row.name))? {
                self.proofs.insert(row.name, proof);
            }
        }
        Ok(())
    }

    /// What the first reply of each row of the product said.
    pub fn proofs(&self) -> &BTreeMap<&'static str, Proof> {
        &self.proofs
    }

    /// Every row with each number of connections, in every round.
    pub async fn measure(&self, options: &Measure) -> Result<Vec<Series>> {
        let most = options.connections.iter().copied().max().unwrap_or_default();
        let pids: Vec<u32> = self.processes.iter().map(Process::pid).collect();
        let counted = Duration::from_secs_f64(options.seconds);
        let mut all: Vec<Series> = Vec::new();
        for connections in options.connections.iter().copied() {
            let rows = self.rows.iter().filter(|row| !row.only_most || connections == most);
            all.extend(rows.map(|row| Series { name: row.name, connections, samples: Vec::new() }));
        }
        for round in 1..=options.rounds {
            eprintln!("round {round} of {}", options.rounds);
            for connections in options.connections.iter().copied() {
                let begin = (round as usize - 1) % self.rows.len().max(1);
                for row in self.rows.iter().cycle().skip(begin).take(self.rows.len()) {
                    let series =
                        all.iter_mut().find(|one| one.name == row.name && one.connections == connections);
                    let Some(series) = series else { continue };
                    let sample = load(&row.target, connections, counted, &pids).await;
                    let sample = sample.unwrap_or_else(|error| Sample {
                        errors: 1,
                        first_error: Some(format!("{error:#}")),
                        ..Sample::default()
                    });
                    series.samples.push(Sample { round, ..sample });
                }
            }
        }
        self.count_syncs(&mut all)?;
        Ok(all)
    }

    fn count_syncs(&self, all: &mut [Series]) -> Result<()> {
        for row in &self.rows {
            let Some(log) = &row.log else { continue };
            let writes = Writes::read(log)?;
            for sample in all.iter_mut().filter(|one| one.name == row.name).flat_map(|one| &mut one.samples) {
                sample.syncs = sample.records.map(|(first, last)| writes.between(first, last));
            }
        }
        Ok(())
    }
}
