//! The trait behind every tool, and the one way for a tool to call a tool.

use crate::{Begun, Output, Ran};
use domain::{Refusal, ToolName, Untrusted};
use manifest::{Arguments, Prepare};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

/// A boxed future that may borrow.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A tool: it plans in layer 3 ([`Prepare`]) and runs in layer 4.
pub trait Connector: Prepare {
    /// Runs the plan of `call`: the plan's bytes and nothing else. Dropping the future stops the run.
    fn run<'a>(&'a self, call: &'a Begun, port: &'a dyn CallPort) -> BoxFuture<'a, Ran>;
}

/// The way for a tool to call a tool: the whole path again, for the same principal.
pub trait CallPort: Send + Sync {
    /// Calls `tool` on behalf of `parent`'s principal. Refuses when nested deeper than four.
    fn call<'a>(
        &'a self,
        parent: &'a Begun,
        tool: ToolName,
        arguments: Arguments,
    ) -> BoxFuture<'a, Result<Untrusted<Output>, Refusal>>;
}

/// The tools of this server.
#[derive(Default)]
pub struct Connectors(HashMap<ToolName, Arc<dyn Connector>>);

impl Connectors {
    /// Two tools of one name would shadow each other: the name that occurs twice is the error.
    pub fn new(connectors: impl IntoIterator<Item = Arc<dyn Connector>>) -> Result<Self, ToolName> {
        let mut map = HashMap::new();
        for connector in connectors {
            let name = connector.manifest().name().clone();
            if map.insert(name.clone(), connector).is_some() {
                return Err(name);
            }
        }
        Ok(Self(map))
    }

    pub(crate) fn get(&self, name: &ToolName) -> Option<&Arc<dyn Connector>> {
        self.0.get(name)
    }

    /// Every tool.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.0.values()
    }
}
