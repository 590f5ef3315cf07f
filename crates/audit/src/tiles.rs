//! The log as C2SP tlog-tiles: the tree in tiles of 256 hashes, the records in bundles of 256.
//!
//! Nothing is stored twice: a tile is made when it is asked for, from the tree's stored hashes, and a
//! bundle from the segments. Only what the latest checkpoint signs is given out.

mod export;
mod path;

pub use export::{TilesExported, export_tiles};
pub use path::{TilePath, TilePathError};

use crate::AuditError;
use crate::read::Reader;
use path::{TILE_HEIGHT, TILE_WIDTH};

/// The bytes of a tile or a bundle.
pub(crate) fn tile(reader: &Reader, path: &TilePath) -> Result<Vec<u8>, AuditError> {
    let size = reader.checkpoint().0.size;
    match *path {
        TilePath::Hashes { level, index, width } => {
            let height = u32::from(level) * TILE_HEIGHT;
            let (start, end) = range_of(index, width, size.checked_shr(height).unwrap_or(0))?;
            let hashes = (start..end).map(|index| reader.node(height, index));
            Ok(hashes.collect::<Result<Vec<_>, _>>()?.concat())
        }
        TilePath::Entries { index, width } => {
            let (start, end) = range_of(index, width, size)?;
            let mut bundle = Vec::new();
            reader.records(start..end, |record| {
                // A record has at most 65,535 bytes.
                let length = u16::try_from(record.len()).unwrap_or(u16::MAX);
                bundle.extend_from_slice(&length.to_be_bytes());
                bundle.extend_from_slice(record);
            })?;
            Ok(bundle)
        }
    }
}

/// First and last hash or record of a tile, if there are so many.
fn range_of(index: u64, width: u16, there: u64) -> Result<(u64, u64), AuditError> {
    let start = index.checked_mul(TILE_WIDTH).ok_or(AuditError::NoSuchRecord { index })?;
    let end = start.saturating_add(width.into());
    if end > there {
        return Err(AuditError::NoSuchRecord { index: end - 1 });
    }
    Ok((start, end))
}
