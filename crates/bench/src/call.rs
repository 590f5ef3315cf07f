//! The call that is measured: `echo` with a text of its own, and what its reply must be.
//!
//! Every row gets the same request of 2026-07-28. The text has 1,024 bytes and two findings, a card
//! number and an e-mail address, and differs from call to call, so nothing can be answered from a
//! cache.

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use memchr::memmem;
use std::fmt::Write as _;

/// The revision that is spoken.
pub const PROTOCOL_VERSION: &str = "2026-07-28";
/// Bytes of the text.
pub const TEXT_BYTES: usize = 1024;

/// What the text is filled up with: plain words without a finding.
const PROSE: &str = "The desk looked into the account and found both bookings with the same reference. \
    The shop confirmed that the parcel was delivered to the neighbour, who signed for it in the afternoon. \
    Nobody at the shop had noticed that the till was restarted while the payment was still open, so the \
    amount was booked a second time after the restart. The customer asks for the second amount to be paid \
    back to the same card and for a short note as soon as that is done. The colleague in accounting agrees \
    and would like to see the receipt of the till before anything is paid back. Please look for the receipt \
    in the folder of that week, add it to this ticket and hand the ticket over to accounting afterwards. If \
    the receipt is missing, ask the shop for a copy, and tell the customer that it may take a few days more. ";

/// One call: its request and what is looked for in its reply.
#[derive(Clone, Debug)]
pub struct Call {
    /// The JSON-RPC id.
    pub id: u64,
    /// The whole request.
    pub body: Bytes,
    /// Words that only this call's text has.
    pub reference: String,
    /// The card number in the text.
    pub card: String,
    /// The address in the text.
    pub email: String,
}

impl Call {
    /// The call of this number.
    pub fn of_number(number: u64) -> Self {
        let (reference, card, email) =
            (letters(number), card(number), format!("{}@example.com", letters(!number)));
        let mut text = format!(
            "Ticket {reference}: the customer writes from {email} that the payment with card {card} was taken twice. "
        );
        // Starts at another place each time: the prose too differs.
        let start = usize::try_from(number).unwrap_or_default() % PROSE.len();
        text.push_str(PROSE.get(start..).unwrap_or_default().trim_start());
        while text.len() < TEXT_BYTES {
            text.push_str(PROSE);
        }
        text.truncate(TEXT_BYTES);
        let mut body = String::with_capacity(TEXT_BYTES + 512);
        // The text has no sign that JSON escapes.
        let _infallible = write!(
            body,
            "{{\"jsonrpc\":\"2.0\",\"id\":{number},\"method\":\"tools/call\",\"params\":{{\"name\":\"echo\",\
             \"arguments\":{{\"text\":\"{text}\"}},\"_meta\":{{\
             \"io.modelcontextprotocol/protocolVersion\":\"{PROTOCOL_VERSION}\",\
             \"io.modelcontextprotocol/clientInfo\":{{\"name\":\"bench\",\"version\":\"1\"}},\
             \"io.modelcontextprotocol/clientCapabilities\":{{}}}}}}}}"
        );
        Self { id: number, body: body.into(), reference, card, email }
    }

    /// Looks whether the reply is a result of this very call. For each reply, so without a parse.
    pub fn check(&self, reply: &[u8]) -> Result<()> {
        let has = |text: &str| memmem::find(reply, text.as_bytes()).is_some();
        let own_id = [format!("\"id\":{},", self.id), format!("\"id\":{}}}", self.id)];
        ensure!(own_id.iter().any(|id| has(id)), "a reply without the request's id: {}", shown(reply));
        ensure!(has("\"isError\":false"), "not a result: {}", shown(reply));
        ensure!(has(&self.reference), "the result is not this call's: {}", shown(reply));
        Ok(())
    }

    /// Looks whether the reply is scanned: neither finding is in it.
    pub fn check_scanned(&self, reply: &[u8]) -> Result<()> {
        for finding in [&self.card, &self.email] {
            if memmem::find(reply, finding.as_bytes()).is_some() {
                bail!("a finding left the server: {}", shown(reply));
            }
        }
        Ok(())
    }
}

/// The number behind `"name":` in a reply.
pub fn number_in(reply: &[u8], name: &str) -> Option<u64> {
    let key = format!("\"{name}\":");
    let at = memmem::find(reply, key.as_bytes())? + key.len();
    let digits = reply.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit());
    let text: Vec<u8> = digits.copied().collect();
    std::str::from_utf8(&text).ok()?.parse().ok()
}

/// The beginning of a reply for a message.
pub fn shown(reply: &[u8]) -> String {
    String::from_utf8_lossy(reply.get(..400).unwrap_or(reply)).into_owned()
}

/// A number as a pronounceable word of its own, without a digit.
fn letters(number: u64) -> String {
    const CONSONANTS: [char; 16] =
        ['b', 'd', 'f', 'g', 'h', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'w', 'z'];
    const VOWELS: [char; 4] = ['a', 'e', 'i', 'o'];
    let mut word = String::new();
    let mut rest = spread(number) >> 28;
    for _ in 0..6 {
        word.extend(CONSONANTS.get((rest % 16) as usize));
        word.extend(VOWELS.get((rest / 16 % 4) as usize));
        rest /= 64;
    }
    word
}

/// A card number of sixteen digits with a right check digit, in groups of four.
fn card(number: u64) -> String {
    let body = format!("4{:014}", spread(number) % 100_000_000_000_000);
    let digits = || body.bytes().map(|digit| u32::from(digit - b'0'));
    // The digit before the check digit is doubled, and every other one before it.
    let sum: u32 = digits()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 if digit > 4 => digit * 2 - 9,
            0 => digit * 2,
            _ => digit,
        })
        .sum();
    let whole = format!("{body}{}", (10 - sum % 10) % 10);
    let groups = whole.as_bytes().chunks(4).map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(" ")
}

/// Neighbouring numbers, far apart: a multiplication by an odd number loses nothing.
const fn spread(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::{Call, TEXT_BYTES, number_in};
    use std::collections::HashSet;

    fn text_of(call: &Call) -> String {
        let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        body["params"]["arguments"]["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_call_has_a_text_of_its_own_with_both_findings() {
        let mut texts = HashSet::new();
        for number in 0..5000 {
            let call = Call::of_number(number);
            let text = text_of(&call);
            assert_eq!(text.len(), TEXT_BYTES);
            for part in [&call.card, &call.email, &call.reference] {
                assert!(text.contains(part.as_str()), "{text}");
            }
            assert!(texts.insert(text));
        }
    }

    #[test]
    fn the_check_digit_is_right() {
        for number in 0..100 {
            let card = Call::of_number(number).card;
            let sum: u32 = card
                .chars()
                .filter_map(|sign| sign.to_digit(10))
                .rev()
                .enumerate()
                .map(|(at, digit)| if at % 2 == 1 { (digit * 2) / 10 + (digit * 2) % 10 } else { digit })
                .sum();
            assert_eq!((card.len(), sum % 10), (19, 0), "{card}");
        }
    }

    #[test]
    fn numbers_are_found_by_their_names() {
        let reply = br#"{"receipt":{"intent_index":12,"outcome_index":345}}"#;
        assert_eq!(number_in(reply, "intent_index"), Some(12));
        assert_eq!(number_in(reply, "outcome_index"), Some(345));
        assert_eq!(number_in(reply, "leaf"), None);
    }
}
