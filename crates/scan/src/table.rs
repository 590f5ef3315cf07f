//! Data in the form of a table: the names of its columns beside rows of cells without names.

use serde_json::{Map, Value};

/// The names of the columns, if `members` are a table: `{"columns": [{"name": …}], "rows": [[…]]}`, a
/// column perhaps its name alone. A column without a name is the empty name.
pub(crate) fn columns(members: &Map<String, Value>) -> Option<Vec<String>> {
    members.get("rows")?.as_array()?;
    let columns = members.get("columns")?.as_array()?;
    let name = |column: &Value| {
        let name = column.as_str().or_else(|| column.get("name")?.as_str());
        name.unwrap_or_default().to_owned()
    };
    Some(columns.iter().map(name).collect())
}
