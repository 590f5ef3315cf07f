//! A result: content blocks, its data, and the data once more as the text of a block.
//!
//! The two forms of one result say the same. What the text shows (a word beside a number) and what the
//! data shows (the name of a column) is taken out of both: the data is rewritten, the text written anew.

use crate::json_text::JsonText;
use crate::places::{Pass, Place};
use crate::told::Told;
use serde_json::{Map, Value};
use sift::{Finding, ScanError};

/// Times that a rewritten text is read again. Markers hold nothing, so the second reading finds nothing.
const MAX_READINGS: usize = 4;

/// The data as the text of a block, and what was found of it across blocks.
struct Form {
    text: String,
    told: Vec<Finding>,
    stands: bool,
}

impl Pass<'_> {
    /// Everything in a result: first across its free texts, then each block, then the data.
    pub(crate) fn result(&mut self, blocks: &mut [Value], data: &mut Value) {
        let texts: Vec<&str> = blocks.iter().flat_map(free_texts).collect();
        let across = if texts.len() > 1 { self.scanner.sift.scan_joined(&texts) } else { Ok(Vec::new()) };
        let mut across: Told = match across {
            Ok(found) => found.into_iter().collect(),
            Err(error) => return self.unreadable(&error),
        };
        let is_json = texts.iter().any(|text| text.starts_with(['{', '[']));
        let json = if is_json { JsonText::of(data) } else { JsonText::default() };
        let mut form = Form { text: json.text.clone(), told: Vec::new(), stands: false };
        for block in blocks.iter_mut() {
            match block {
                Value::Object(members) => self.block(members, &mut across, is_json.then_some(&mut form)),
                other => self.value(other, Place::Protocol, None),
            }
        }
        if !form.stands {
            return self.value(data, Place::Data, None);
        }
        let text = self.both_forms(data, json, form.told);
        for stands in blocks.iter_mut().filter_map(|block| block.get_mut("text")) {
            if stands.as_str() == Some(&form.text) {
                *stands = Value::String(text.clone());
            }
        }
    }

    /// One block. `across` tells what its free texts show only beside those of other blocks.
    fn block(&mut self, members: &mut Map<String, Value>, across: &mut Told, mut form: Option<&mut Form>) {
        for (name, member) in members {
            self.protocol(name);
            match (name.as_str(), member) {
                ("text" | "title" | "description", Value::String(text)) => {
                    let told = across.next();
                    match &mut form {
                        Some(form) if name == "text" && *text == form.text => {
                            form.told.extend(told);
                            form.stands = true;
                        }
                        _ => self.text(text, None, told),
                    }
                }
                ("data" | "blob", Value::String(blob)) => self.blob(blob),
                ("resource", Value::Object(resource)) => self.block(resource, across, None),
                (name, member) => self.value(member, Place::Protocol, Some(name)),
            }
        }
    }

    /// Reads `data` and its JSON text together and gives the text anew.
    fn both_forms(&mut self, data: &mut Value, mut form: JsonText, mut told: Vec<Finding>) -> String {
        for reading in 0..MAX_READINGS {
            match self.findings(&form.text, None) {
                Ok(found) => told.extend(found),
                Err(error) => {
                    self.unreadable(&error);
                    return form.text;
                }
            }
            if reading > 0 {
                told.retain(|finding| !self.may_see(finding));
                if told.is_empty() {
                    return form.text;
                }
            }
            let (of_values, elsewhere) = form.told(&told);
            elsewhere.into_iter().for_each(|finding| self.block_for(finding));
            self.told = of_values;
            self.value(data, Place::Data, None);
            self.told = Told::default();
            let next = JsonText::of(data);
            if next.text == form.text {
                return form.text;
            }
            form = next;
            told.clear();
        }
        self.unreadable(&ScanError::Unsettled);
        form.text
    }
}

/// The free texts of a block, in the order in which [`Pass::block`] meets them.
fn free_texts(block: &Value) -> Vec<&str> {
    let members = block.as_object().into_iter().flatten();
    members
        .flat_map(|(name, member)| match (name.as_str(), member) {
            ("text" | "title" | "description", Value::String(text)) => vec![text.as_str()],
            ("resource", resource) => free_texts(resource),
            _ => Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
