//! `data.toml`: which resources, tables and columns there are for policy, and how a column is shown.
//!
//! Owns the file and its words. Who may read what is said by grants and rules, not here.

use crate::error::{Problem, Problems};
use crate::files::DATA;
use crate::nearest::did_you_mean;
use crate::toml_text;
use domain::{Digest, ResourceName};
use manifest::{MaskKind, Treatment};
use std::collections::BTreeMap;

const MASKS: [MaskKind; 6] =
    [MaskKind::Null, MaskKind::Fixed, MaskKind::KeepLast4, MaskKind::Email, MaskKind::Year, MaskKind::Token];

/// resource → table → column → word.
type DataFile = BTreeMap<ResourceName, BTreeMap<String, BTreeMap<String, String>>>;

/// resource → table → column → treatment of whoever has no leave to read it unmasked.
pub(crate) struct Data {
    pub(crate) resources: BTreeMap<ResourceName, BTreeMap<String, BTreeMap<String, Treatment>>>,
    /// Over everything in the file that decides; comments do not.
    pub(crate) digest: Digest,
}

impl Data {
    /// Reads and checks the text of `data.toml`.
    pub(crate) fn read(text: &str, problems: &mut Problems) -> Option<Self> {
        let file: DataFile = problems.take(toml_text::read(DATA, text))?;
        let digest = Digest::of(&serde_json::to_vec(&file).unwrap_or_default());
        let mut resources = BTreeMap::new();
        for (resource, tables) in file {
            let mut checked = BTreeMap::new();
            for (table, columns) in tables {
                let place = format!("{resource}.{table}");
                let columns = columns
                    .into_iter()
                    .filter_map(|(column, word)| {
                        let treatment = treatment_of(&column, &word);
                        let treatment =
                            treatment.map_err(|problem| problem.in_rule(format!("{place}.{column}")));
                        Some((column, problems.take(treatment)?))
                    })
                    .collect();
                checked.insert(table, columns);
            }
            resources.insert(resource, checked);
        }
        Some(Self { resources, digest })
    }
}

fn treatment_of(column: &str, word: &str) -> Result<Treatment, Problem> {
    if column.contains('.') {
        // `Column::"resource.table.column"` must name one column only.
        return Err(Problem::new(DATA, "a column's name holds a dot", "let the connector rename the column"));
    }
    match word {
        "clear" => return Ok(Treatment::Clear),
        "deny" => return Ok(Treatment::Deny),
        _ => {}
    }
    let mask = word.strip_prefix("mask:").and_then(|kind| MASKS.into_iter().find(|mask| mask.name() == kind));
    mask.map(Treatment::Mask).ok_or_else(|| {
        let words = MASKS.map(|mask| format!("mask:{}", mask.name()));
        let known = words.iter().map(String::as_str).chain(["clear", "deny"]);
        let otherwise = format!("write `clear`, `deny` or one of `{}`", words.join("`, `"));
        Problem::new(DATA, format!("unknown treatment `{word}`"), did_you_mean(word, known, &otherwise))
    })
}

/// The word for a treatment in `data.toml` and in test cases.
pub(crate) fn word_of(treatment: Treatment) -> String {
    match treatment {
        Treatment::Clear => "clear".to_owned(),
        Treatment::Deny => "deny".to_owned(),
        Treatment::Mask(kind) => format!("mask:{}", kind.name()),
    }
}
