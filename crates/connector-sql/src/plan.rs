//! Owns the bytes of a plan: what was decided before the run, and all that the run reads.

use crate::visible::Visible;
use domain::{Digest, Refusal, RefusalCode, ResourceName};
use serde::{Deserialize, Serialize};

/// Raised with every change of the encoding.
const VERSION: u8 = 2;

/// One column of the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutputColumn {
    pub(crate) name: String,
    /// The values may come from a masked column.
    pub(crate) masked: bool,
}

/// A value for a parameter of the statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Param {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(String),
}

/// One query as it was planned. The encoding is JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryPlan {
    version: u8,
    pub(crate) resource: ResourceName,
    pub(crate) sql: String,
    pub(crate) params: Vec<Param>,
    pub(crate) max_rows: u32,
    pub(crate) schema: Digest,
    pub(crate) view: Visible,
    pub(crate) columns: Vec<OutputColumn>,
}

/// The caller's part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) resource: ResourceName,
    pub(crate) sql: String,
    pub(crate) params: Vec<Param>,
    pub(crate) max_rows: u32,
}

impl QueryPlan {
    pub(crate) fn new(query: Query, schema: Digest, view: Visible, columns: Vec<OutputColumn>) -> Self {
        let Query { resource, sql, params, max_rows } = query;
        Self { version: VERSION, resource, sql, params, max_rows, schema, view, columns }
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, Refusal> {
        serde_json::to_vec(self)
            .map_err(|_| Refusal::new(RefusalCode::Internal, "the plan of a query cannot be written as JSON"))
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let plan: Self = serde_json::from_slice(bytes)
            .map_err(|_| Refusal::new(RefusalCode::Internal, "the plan of a query cannot be read"))?;
        if plan.version != VERSION {
            return Err(Refusal::new(RefusalCode::Internal, "the plan of a query has another version"));
        }
        Ok(plan)
    }
}
