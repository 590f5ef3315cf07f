//! One row for each record of a segment, with the names in dictionaries; the file of them.
//!
//! Names and pseudonyms repeat: a row holds their numbers. 32 bytes for a record of 1 to 2 KiB.

use super::facets::Facets;
use super::table::Wanted;
use crate::segment::{Stop, Walk};
use crate::subjects::KeyId;
use domain::{Digest, UnixMillis};
use std::collections::HashMap;

const ROWS_MAGIC: [u8; 8] = *b"smcprow1";
const DIGEST_BYTES: usize = 32;
const KEY_BYTES: usize = 16;
const ROW_BYTES: usize = 32;
/// In place of a number: the record says nothing there.
const NONE: u32 = u32::MAX;

/// A record, by numbers into the dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    offset: u32,
    time: u64,
    person: u32,
    user: u32,
    tool: u32,
    decision: u32,
    /// Its control's set in the upper three bytes, its event in the lowest.
    said: u32,
}

/// The rows of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SegmentRows {
    people: Vec<KeyId>,
    /// Tools, decisions and sets of controls.
    words: Vec<String>,
    rows: Vec<Row>,
}

/// The rows of a segment in the making.
#[derive(Default)]
struct Builder {
    made: SegmentRows,
    people: HashMap<KeyId, u32>,
    words: HashMap<String, u32>,
}

impl Builder {
    fn person(&mut self, key: Option<KeyId>) -> u32 {
        let Some(key) = key else { return NONE };
        let people = &mut self.made.people;
        *self.people.entry(key).or_insert_with(|| {
            people.push(key);
            people.len() as u32 - 1
        })
    }

    fn word(&mut self, word: Option<&str>) -> u32 {
        let Some(word) = word else { return NONE };
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = self.made.words.len() as u32;
        self.made.words.push(word.to_owned());
        self.words.insert(word.to_owned(), number);
        number
    }

    fn push(&mut self, offset: u32, record: &[u8]) {
        let Some(facets) = Facets::of(record) else {
            // It is still a record: its number has to be counted.
            self.made.rows.push(Row {
                offset,
                time: 0,
                person: NONE,
                user: NONE,
                tool: NONE,
                decision: NONE,
                said: 0,
            });
            return;
        };
        let row = Row {
            offset,
            time: facets.time.0,
            person: self.person(facets.person),
            user: self.person(facets.user),
            tool: self.word(facets.tool.as_deref()),
            decision: self.word(facets.decision.as_deref()),
            said: self.word(Some(&facets.controls)) << 8 | u32::from(facets.event.code()),
        };
        self.made.rows.push(row);
    }

    /// Takes the frames from `stop` on. Returns where they end.
    fn walk(&mut self, segment: &[u8], stop: Stop) -> Stop {
        let mut walk = Walk::resumed(segment, stop);
        for (offset, frame) in walk.by_ref() {
            self.push(u32::try_from(offset).unwrap_or(u32::MAX), frame.record);
        }
        walk.stop()
    }
}

impl SegmentRows {
    /// The rows of the records in `segment`.
    pub(crate) fn of(segment: &[u8], first: u64) -> Self {
        let mut builder = Builder::default();
        builder.walk(segment, Walk::new(segment, first).stop());
        builder.made
    }

    /// Number and offset of the records that fit, newest first.
    pub(super) fn matching(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = (u32, u32)> {
        let number_of = |word: &str| self.words.iter().position(|known| known == word).map(|at| at as u32);
        // A word that no record has fits none: no row has the number just beyond the dictionary.
        let beyond = self.words.len() as u32;
        let tool = wanted.tool.map(|tool| number_of(tool).unwrap_or(beyond));
        let decision = wanted.decision.map(|decision| number_of(decision).unwrap_or(beyond));
        let person: Option<Vec<bool>> = wanted
            .people
            .as_ref()
            .map(|people| self.people.iter().map(|known| people.contains(known)).collect());
        let controls: Option<Vec<bool>> = wanted
            .wants_control()
            .then(|| self.words.iter().map(|word| wanted.fits_controls(word)).collect());
        let event = wanted.event.map(|event| u32::from(event.code()));
        let says = |table: &Option<Vec<bool>>, number: u32| {
            table.as_ref().is_none_or(|table| table.get(number as usize).copied().unwrap_or_default())
        };
        let time = |row: &Row| wanted.fits_time(UnixMillis(row.time));
        let fits = move |row: &Row| {
            tool.is_none_or(|tool| row.tool == tool)
                && decision.is_none_or(|decision| row.decision == decision)
                && event.is_none_or(|event| row.said & 0xff == event)
                && (says(&person, row.person) || says(&person, row.user))
                && says(&controls, row.said >> 8)
                && time(row)
        };
        let numbered = self.rows.iter().enumerate().rev();
        numbered.filter(move |(_, row)| fits(row)).map(|(number, row)| (number as u32, row.offset))
    }

    /// Offsets of the records' frames.
    pub(crate) fn offsets(&self) -> Vec<u32> {
        self.rows.iter().map(|row| row.offset).collect()
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self, first: u64) -> Vec<u8> {
        let mut bytes = ROWS_MAGIC.to_vec();
        bytes.extend_from_slice(&first.to_be_bytes());
        for count in [self.people.len(), self.words.len(), self.rows.len()] {
            bytes.extend_from_slice(&(count as u32).to_be_bytes());
        }
        self.people.iter().for_each(|key| bytes.extend_from_slice(&key.0));
        for word in &self.words {
            bytes.extend_from_slice(&(word.len() as u32).to_be_bytes());
            bytes.extend_from_slice(word.as_bytes());
        }
        for Row { offset, time, person, user, tool, decision, said } in &self.rows {
            bytes.extend_from_slice(&time.to_be_bytes());
            for number in [offset, person, user, tool, decision, said] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
        }
        let check = Digest::of(&bytes);
        bytes.extend_from_slice(check.as_bytes());
        bytes
    }

    /// Reads a file; `None` if it is not whole.
    pub(crate) fn from_bytes(bytes: &[u8], first: u64) -> Option<Self> {
        let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST_BYTES)?)?;
        if Digest::of(content).as_bytes() != check {
            return None;
        }
        let mut rest = content.strip_prefix(&ROWS_MAGIC)?;
        if u64::from_be_bytes(*take(&mut rest)?) != first {
            return None;
        }
        let mut number = || take(&mut rest).map(|four| u32::from_be_bytes(*four) as usize);
        let (people, words, rows) = (number()?, number()?, number()?);
        let (keys, mut rest) = rest.split_at_checked(people.checked_mul(KEY_BYTES)?)?;
        let people = keys.chunks_exact(KEY_BYTES).filter_map(|key| key.try_into().ok().map(KeyId)).collect();
        let mut made = Self { people, ..Self::default() };
        for _ in 0..words {
            let length = u32::from_be_bytes(*take(&mut rest)?) as usize;
            let (word, after) = rest.split_at_checked(length)?;
            made.words.push(String::from_utf8(word.to_vec()).ok()?);
            rest = after;
        }
        made.rows = rest.chunks_exact(ROW_BYTES).filter_map(read_row).collect();
        (made.rows.len() == rows && rest.len() == rows * ROW_BYTES).then_some(made)
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(head)
}

fn read_row(bytes: &[u8]) -> Option<Row> {
    let mut rest = bytes;
    let time = u64::from_be_bytes(*take(&mut rest)?);
    let mut number = || take(&mut rest).map(|four| u32::from_be_bytes(*four));
    let (offset, person, user) = (number()?, number()?, number()?);
    let (tool, decision, said) = (number()?, number()?, number()?);
    Some(Row { offset, time, person, user, tool, decision, said })
}

/// The rows of the segment that is being written, caught up at each search.
#[derive(Default)]
pub(crate) struct ActiveRows {
    builder: Builder,
    read: Option<(u64, Stop)>,
}

impl ActiveRows {
    /// The rows of the durable bytes of the segment that begins at `first`.
    pub(crate) fn caught_up(&mut self, first: u64, segment: &[u8]) -> &SegmentRows {
        let start = match self.read {
            Some((known, stop)) if known == first => stop,
            _ => {
                self.builder = Builder::default();
                Walk::new(segment, first).stop()
            }
        };
        self.read = Some((first, self.builder.walk(segment, start)));
        &self.builder.made
    }
}

#[cfg(test)]
mod tests;
