//! How often the log was synced, counted from the log itself.
//!
//! A frame says how many records of the same write stand before it (`docs/audit-format.md`); the
//! frames with none before them are the writes, and each write is synced once before its calls go
//! on. Nothing is verified here: `secure-mcp audit verify` does that.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

const SEGMENT_HEADER_BYTES: usize = 32;
const FRAME_MAGIC: &[u8] = b"smr1";
const FRAME_BYTES: usize = 20;

/// Indices of the records that begin a write, ascending.
pub struct Writes(Vec<u64>);

impl Writes {
    /// Reads every segment in the log's folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut segments: Vec<(u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("no log in {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some(first) = name.strip_suffix(".seg").and_then(|first| first.parse().ok()) {
                segments.push((first, path));
            }
        }
        segments.sort_unstable();
        let mut writes = Vec::new();
        for (first, path) in segments {
            let bytes = fs::read(&path)?;
            walk(&bytes, first, &mut writes).with_context(|| path.display().to_string())?;
        }
        Ok(Self(writes))
    }

    /// Writes that begin between the two indices, both included.
    pub fn between(&self, first: u64, last: u64) -> u64 {
        let from = self.0.partition_point(|index| *index < first);
        let to = self.0.partition_point(|index| *index <= last);
        to.saturating_sub(from) as u64
    }
}

fn walk(bytes: &[u8], first: u64, writes: &mut Vec<u64>) -> Result<()> {
    let (mut offset, mut index) = (SEGMENT_HEADER_BYTES, first);
    while let Some(head) = bytes.get(offset..offset + FRAME_BYTES) {
        let (magic, numbers) = head.split_at(FRAME_MAGIC.len());
        if magic != FRAME_MAGIC {
            // A segment that is being written ends in zeros.
            if magic.iter().all(|byte| *byte == 0) {
                return Ok(());
            }
            bail!("no frame at byte {offset}");
        }
        let number = |at: usize| {
            let four = numbers.get(at..at + 4).and_then(|four| four.try_into().ok());
            four.map_or(0, u32::from_be_bytes)
        };
        if number(4) == 0 {
            writes.push(index);
        }
        offset += FRAME_BYTES + number(0) as usize;
        index += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FRAME_MAGIC, SEGMENT_HEADER_BYTES, Writes, walk};

    fn frame(position: u32) -> Vec<u8> {
        let record = [7u8; 33];
        let length = record.len() as u32;
        [FRAME_MAGIC, &length.to_be_bytes(), &position.to_be_bytes(), &[1; 8], &record].concat()
    }

    #[test]
    fn each_write_is_counted_once() {
        let mut bytes = vec![9; SEGMENT_HEADER_BYTES];
        for position in [0, 1, 2, 0, 0, 1] {
            bytes.extend(frame(position));
        }
        bytes.extend([0; 100]);
        let mut writes = Vec::new();
        walk(&bytes, 40, &mut writes).unwrap();
        assert_eq!(writes, [40, 43, 44]);
        let writes = Writes(writes);
        assert_eq!((writes.between(40, 45), writes.between(41, 43), writes.between(45, 99)), (3, 1, 0));
    }

    #[test]
    fn something_else_than_a_frame_is_an_error() {
        let mut bytes = vec![9; SEGMENT_HEADER_BYTES];
        bytes.extend([5; 64]);
        assert!(walk(&bytes, 0, &mut Vec::new()).is_err());
    }
}
