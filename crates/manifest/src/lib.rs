//! What a tool says of itself, and what a call of it is made of before anything runs.
//!
//! Level 1. It knows no policy, no connector and no protocol: `ToolManifest` is read by every
//! layer, `Arguments`, `DataView` and `Plan` are handed from layer 3 to the tool and back.

mod arguments;
mod data_view;
mod plan;
mod prepare;
mod row_filter;
mod tool;

pub use arguments::Arguments;
pub use data_view::{ColumnView, DataView, MaskKind, TableView, Treatment};
pub use plan::{AttributeValue, Attributes, Plan};
pub use prepare::Prepare;
pub use row_filter::{RowCondition, RowOperator, RowValue};
pub use tool::{
    AttributeKind, AttributeSource, Effect, IsolationTier, PolicyAttribute, ToolDefinition, ToolLimits,
    ToolManifest, ToolManifestError,
};
