//! Which tools are served, and what policy knows of those that are not.

use connector_code::CodeTool;
use connector_echo::Echo;
use connector_sql::DatabaseQuery;
use execute::Connector;
use manifest::{Prepare as _, ToolManifest};
use sandbox::{Runtimes, Sandbox};
use settings::Settings;
use std::sync::Arc;

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
        if let Some(tool) =
            CodeTool::code_executor(sandbox, runtimes)?.filter(|_| is_on(settings, "code-executor", true))
        {
            offered.push(Arc::new(tool));
        }
        if let Some(tool) =
            CodeTool::python_runner(sandbox, runtimes)?.filter(|_| is_on(settings, "python-runner", true))
        {
            offered.push(Arc::new(tool));
        }
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
