//! What the layer keeps between calls: each tool's compiled schema and its way to plan.

use crate::Aside;
use crate::schema::{self, SchemaError};
use approvals::Approvals;
use domain::ToolName;
use limits::Limits;
use manifest::Prepare;
use sift::Scanner;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) struct Tool {
    pub(crate) schema: jsonschema::Validator,
    pub(crate) prepare: Arc<dyn Prepare>,
}

/// The layer's state. Immutable; made at start.
pub struct Validator {
    tools: HashMap<ToolName, Tool>,
    pub(crate) inbound: Arc<Scanner>,
    pub(crate) aside: Aside,
    pub(crate) approvals: Arc<Approvals>,
    pub(crate) limits: Limits,
}

impl Validator {
    /// Compiles the schemas of `tools`. `inbound` looks for hidden text in arguments.
    pub fn new(
        tools: impl IntoIterator<Item = Arc<dyn Prepare>>,
        inbound: Scanner,
        approvals: Arc<Approvals>,
        limits: Limits,
    ) -> Result<Self, SchemaError> {
        let tools = tools
            .into_iter()
            .map(|prepare| {
                let name = prepare.manifest().name().clone();
                let schema = schema::compile(&name, &prepare.manifest().definition().input_schema)?;
                Ok((name, Tool { schema, prepare }))
            })
            .collect::<Result<_, SchemaError>>()?;
        let (inbound, aside) = (Arc::new(inbound), Aside::on_half_of_the_machine());
        Ok(Self { tools, inbound, aside, approvals, limits })
    }

    pub(crate) fn tool(&self, name: &ToolName) -> Option<&Tool> {
        self.tools.get(name)
    }
}
