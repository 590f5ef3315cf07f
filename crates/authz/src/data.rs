//! `data.toml`: which resources, tables and columns there are for policy, how a column is shown, and
//! which rows of a table are there.
//!
//! Owns the file and its words. Who may read what is said by grants and rules, not here.

mod rows;

pub(crate) use rows::{RowRule, told};

use crate::error::{Problem, Problems};
use crate::files::DATA;
use crate::nearest::did_you_mean;
use crate::toml_text;
use domain::{Digest, ResourceName};
use manifest::{MaskKind, Treatment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MASKS: [MaskKind; 6] =
    [MaskKind::Null, MaskKind::Fixed, MaskKind::KeepLast4, MaskKind::Email, MaskKind::Year, MaskKind::Token];

/// The key of a table's conditions. A column of this name has a text, as every column.
const ROWS: &str = "rows";

/// resource → table → column → word.
type DataFile = BTreeMap<ResourceName, BTreeMap<String, BTreeMap<String, Entry>>>;

/// Serialised only to be hashed.
#[derive(Deserialize, Serialize)]
#[serde(untagged, expecting = "a column has a word in quotes, and `rows` a list of conditions")]
enum Entry {
    Word(String),
    Rows(Vec<toml::Table>),
}

/// resource → table.
pub(crate) struct Data {
    pub(crate) resources: BTreeMap<ResourceName, BTreeMap<String, TableData>>,
    /// Over everything in the file that decides; comments do not.
    pub(crate) digest: Digest,
}

/// One table as policy shows it.
#[derive(Default)]
pub(crate) struct TableData {
    /// The treatment of whoever has no leave to read a column unmasked.
    pub(crate) columns: BTreeMap<String, Treatment>,
    /// What a row has to meet, whoever asks; nothing lifts it.
    pub(crate) rows: Vec<RowRule>,
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
                let found = TableData::check(columns, &place, problems);
                checked.insert(table, found);
            }
            resources.insert(resource, checked);
        }
        Some(Self { resources, digest })
    }
}

impl TableData {
    fn check(entries: BTreeMap<String, Entry>, place: &str, problems: &mut Problems) -> Self {
        let mut table = Self::default();
        for (name, entry) in entries {
            let at = |problem: Problem| problem.in_rule(format!("{place}.{name}"));
            match entry {
                Entry::Word(word) => {
                    let treatment = problems.take(treatment_of(&name, &word).map_err(at));
                    table.columns.extend(treatment.map(|treatment| (name.clone(), treatment)));
                }
                Entry::Rows(rows) if name == ROWS => {
                    table.rows = problems.take(RowRule::read_all(&rows).map_err(at)).unwrap_or_default();
                }
                Entry::Rows(_) => problems.add(at(Problem::new(
                    DATA,
                    "a list where a column has a word",
                    "call the list of conditions `rows`",
                ))),
            }
        }
        for rule in table.rows.iter().filter(|rule| !table.columns.contains_key(&rule.column)) {
            let known = table.columns.keys().map(String::as_str);
            let hint = did_you_mean(&rule.column, known, "list the column, if only as \"deny\"");
            let cause =
                format!("`rows` asks for the column `{}`, which the table does not list", rule.column);
            problems.add(Problem::new(DATA, cause, hint).in_rule(place));
        }
        table
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
