//! Which tools are served, and what policy knows of those that are not.

use crate::limited::limited;
use connector_code::{CodeTool, NoIsolation};
use connector_echo::Echo;
use connector_sql::DatabaseQuery;
use execute::Connector;
use limits::Places;
use manifest::{Prepare as _, ToolManifest};
use sandbox::{Limits, Runtimes, Sandbox, Unisolated};
use settings::Settings;
use std::sync::Arc;
use std::time::Duration;

/// Sandboxes at once on any host: beyond it they only take the processor from each other.
const MAX_SANDBOXES: usize = 64;

/// 2 GiB.
const SMALL_HOST_KIB: u64 = 2 * 1024 * 1024;

/// What the code tools' own schema allows at most.
const LONGEST_RUN: Duration = Duration::from_secs(120);

/// The tools of one server.
pub(crate) struct Catalogue {
    /// Those that can be called.
    pub(crate) served: Vec<Arc<dyn Connector>>,
    /// Every tool that a policy may name: one that this host lacks is no mistake in the policy.
    pub(crate) known: Vec<Arc<ToolManifest>>,
}

impl Catalogue {
    /// A tool is served if the operator did not turn it off and the host has what it needs. `echo`
    /// is served only if the operator turned it on.
    pub(crate) fn build(
        settings: &Settings,
        sandbox: &Sandbox,
        runtimes: &Runtimes,
        database: DatabaseQuery,
        no_isolation: Option<NoIsolation>,
    ) -> anyhow::Result<Self> {
        let mut offered: Vec<Arc<dyn Connector>> = Vec::new();
        let echo: Arc<dyn Connector> = Arc::new(Echo::new()?);
        if is_on(settings, "echo", false) {
            offered.push(Arc::clone(&echo));
        }
        let has_sources = database.sources().next().is_some();
        let database: Arc<dyn Connector> = Arc::new(database);
        if has_sources && is_on(settings, "database-query", true) {
            offered.push(Arc::clone(&database));
        }
        let limits = sandbox_limits(&settings.sandbox.limits);
        let places = Places::new(sandboxes_at_once(limits.memory_bytes));
        let no_isolation =
            no_isolation.filter(|_| sandbox.capabilities().unisolated == Unisolated::Available);
        let bare = |tool: CodeTool| match &no_isolation {
            Some(written) => tool.without_isolation(written),
            None => Ok(tool),
        };
        if is_on(settings, "code-executor", true) {
            let tool = CodeTool::code_executor(sandbox, runtimes, &limits, &places)?;
            offered.extend(tool.map(bare).transpose()?.map(shared));
        }
        if is_on(settings, "python-runner", true) {
            let tool = CodeTool::python_runner(sandbox, runtimes, &limits, &places)?;
            offered.extend(tool.map(bare).transpose()?.map(shared));
        }
        let offered: Vec<Arc<dyn Connector>> = offered
            .into_iter()
            .map(|tool| match settings.tool(tool.manifest().name()) {
                Some(said) => limited(tool, &said.limits),
                None => tool,
            })
            .collect();
        let mut known: Vec<Arc<ToolManifest>> =
            offered.iter().map(|tool| Arc::clone(tool.manifest())).collect();
        let all = CodeTool::manifests()?
            .into_iter()
            .map(Arc::new)
            .chain([Arc::clone(echo.manifest()), Arc::clone(database.manifest())]);
        for manifest in all {
            if !known.iter().any(|one| one.name() == manifest.name()) {
                known.push(manifest);
            }
        }
        Ok(Self { served: offered, known })
    }
}

fn is_on(settings: &Settings, name: &str, otherwise: bool) -> bool {
    name.parse().ok().and_then(|name| settings.tool(&name)).map_or(otherwise, |tool| tool.enabled)
}

/// Every tool of the house, for checking a policy without a server.
pub(crate) fn every_manifest() -> anyhow::Result<Vec<Arc<ToolManifest>>> {
    let [code_executor, python_runner] = CodeTool::manifests()?;
    Ok(vec![
        Arc::new(code_executor),
        Arc::new(python_runner),
        Arc::clone(Echo::new()?.manifest()),
        Arc::new(connector_sql::manifest()?),
    ])
}

fn shared(tool: CodeTool) -> Arc<dyn Connector> {
    Arc::new(tool)
}

/// The operator's limits over the engine's; the caller's own time limit of a run goes up to two minutes.
fn sandbox_limits(said: &settings::SandboxLimits) -> Limits {
    let own = Limits { wall_time: LONGEST_RUN, cpu_time: LONGEST_RUN, ..Limits::default() };
    Limits {
        memory_bytes: said.memory_bytes.unwrap_or(own.memory_bytes),
        processes: said.processes.unwrap_or(own.processes),
        cpu_percent: said.cpu_percent.unwrap_or(own.cpu_percent),
        cpu_time: said.cpu_time.unwrap_or(own.cpu_time),
        wall_time: said.wall_time.unwrap_or(own.wall_time),
        tmp_bytes: said.tmp_bytes.unwrap_or(own.tmp_bytes),
        tmp_inodes: said.tmp_inodes.unwrap_or(own.tmp_inodes),
        output_bytes: said.output_bytes.unwrap_or(own.output_bytes),
        file_bytes: said.file_bytes.unwrap_or(own.file_bytes),
        open_files: said.open_files.unwrap_or(own.open_files),
    }
}

/// Half of the host's memory for sandboxes at their limit, at least two, at most as many as two cores can
/// still serve. What the kernel does not say counts as a small machine.
fn sandboxes_at_once(memory_bytes: u64) -> usize {
    #[expect(clippy::disallowed_methods, reason = "a fact of the host, read once at start")]
    let about = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total_kib = about
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or(SMALL_HOST_KIB);
    let fitting = total_kib * 1024 / 2 / memory_bytes.max(1);
    usize::try_from(fitting).unwrap_or(MAX_SANDBOXES).clamp(2, MAX_SANDBOXES)
}
