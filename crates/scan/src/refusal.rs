//! A refused call's result: what the caller is told, read like any other text.
//!
//! A hint may quote what a system behind the tool said, so it is as foreign as an output.

use crate::OutputScanner;
use crate::places::{Pass, Place, Sight};
use crate::scanner::Tally;
use domain::Refusal;
use serde_json::{Value, json};

/// The sentence and the data of a refusal as they are sent, and what was found in them.
pub(crate) struct Read {
    pub(crate) sentence: String,
    pub(crate) data: Value,
    pub(crate) tally: Tally,
}

impl Read {
    pub(crate) fn of(refusal: &Refusal, scanner: &OutputScanner) -> Self {
        let (mut sentence, mut data) = body(refusal);
        let mut pass = Pass::new(scanner, Sight { unredacted: false });
        pass.text(&mut sentence, None, Vec::new());
        pass.value(&mut data, Place::Data, None);
        if pass.tally.is_blocked() {
            (sentence, data) = body(&Refusal::new(refusal.code(), "the refusal's hint was withheld"));
        }
        Self { sentence, data, tally: pass.tally }
    }
}

/// One public sentence, and its code as data.
fn body(refusal: &Refusal) -> (String, Value) {
    let sentence = refusal.public();
    let data = json!({ "refusal": {
        "code": refusal.code(),
        "message": sentence,
        "limit": refusal.limit(),
        "retry_after_ms": refusal.retry_after_ms(),
        "approval_id": refusal.approval_id(),
    }});
    (sentence, data)
}
