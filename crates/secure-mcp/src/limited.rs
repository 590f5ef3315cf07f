//! A tool under the operator's limits.

use domain::{Refusal, ResourceName};
use execute::{Begun, BoxFuture, CallPort, Connector, Ran};
use manifest::{Arguments, DataView, Plan, Prepare, ToolManifest};
use std::sync::Arc;

/// The same tool with another manifest: everything else is the tool's own.
struct Limited {
    tool: Arc<dyn Connector>,
    manifest: Arc<ToolManifest>,
}

/// `tool` under `limits`; itself if there are none.
pub(crate) fn limited(tool: Arc<dyn Connector>, limits: &settings::ToolLimits) -> Arc<dyn Connector> {
    if limits.timeout.is_none() && limits.max_output_bytes.is_none() {
        return tool;
    }
    let manifest = Arc::new(tool.manifest().limited(limits.timeout, limits.max_output_bytes));
    Arc::new(Limited { tool, manifest })
}

impl Prepare for Limited {
    fn manifest(&self) -> &Arc<ToolManifest> {
        &self.manifest
    }

    fn target(&self, arguments: &Arguments) -> Result<Option<ResourceName>, Refusal> {
        self.tool.target(arguments)
    }

    fn prepare(&self, arguments: &Arguments, view: &DataView) -> Result<Plan, Refusal> {
        self.tool.prepare(arguments, view)
    }
}

impl Connector for Limited {
    fn run<'a>(&'a self, call: &'a Begun, port: &'a dyn CallPort) -> BoxFuture<'a, Ran> {
        self.tool.run(call, port)
    }
}
