//! The tool's part of layer 3.

use crate::{Arguments, DataView, Plan, ToolManifest};
use domain::{Refusal, ResourceName};
use std::sync::Arc;

/// How a tool turns arguments into a plan. Synchronous and without IO: it works on what the tool
/// already knows (its last schema snapshot), and DNS, files and processes wait until the call runs.
pub trait Prepare: Send + Sync {
    /// What the tool says of itself.
    fn manifest(&self) -> &Arc<ToolManifest>;

    /// The resource that the call reads or writes, named by its arguments; `None` if it uses none.
    fn target(&self, arguments: &Arguments) -> Result<Option<ResourceName>, Refusal>;

    /// The plan of the call under the caller's view of the target.
    fn prepare(&self, arguments: &Arguments, view: &DataView) -> Result<Plan, Refusal>;
}
