//! A tool that calls a tool: the same path, for the same principal, one level down.

use crate::Pipeline;
use domain::{Refusal, RefusalCode, ToolName, Untrusted};
use execute::{Begun, BoxFuture, CallPort, Output};
use manifest::Arguments;
use std::time::Instant;

/// Calls inside calls. Four levels are a workflow, a step, its tool and that tool's resource.
const MAX_DEPTH: u8 = 4;

impl CallPort for Pipeline {
    fn call<'a>(
        &'a self,
        parent: &'a Begun,
        tool: ToolName,
        arguments: Arguments,
    ) -> BoxFuture<'a, Result<Untrusted<Output>, Refusal>> {
        Box::pin(async move {
            if parent.depth() + 1 >= MAX_DEPTH {
                return Err(Refusal::new(RefusalCode::LimitExceeded, "calls are nested too deep")
                    .with_limit("call_depth"));
            }
            let caller = parent.checked().permit().authenticated().child();
            let (call, started) = (self.mint_call()?, Instant::now());
            let json = arguments.json().clone();
            match self.governed(caller, tool.as_str(), Some(json), call, Some(parent)).await {
                Ok((output, _receipt)) => output.into_child_output(),
                Err(ended) => {
                    self.record(&ended, call, started).await?;
                    Err(ended.refusal().clone())
                }
            }
        })
    }
}
