//! The paths of tiles: `tile/<level>/<index>[.p/<width>]` and `tile/entries/<index>[.p/<width>]`. C2SP
//! tlog-tiles: an index is written in groups of three digits, all but the last behind an `x`.

use std::fmt;
use std::str::FromStr;

/// Levels of the tree that one tile spans.
pub(super) const TILE_HEIGHT: u32 = 8;
/// Hashes or records of a full tile.
pub(super) const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// A tree of 2^64 records has no higher one.
const MAX_LEVEL: u8 = 7;

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TilePath {
    /// Hashes of the tree.
    Hashes {
        /// 0 holds the records' own hashes, 1 the roots of its full tiles, and so on.
        level: u8,
        /// The tile's number within the level.
        index: u64,
        /// Hashes in it, 1 to 256.
        width: u16,
    },
    /// Records, each behind its length in two bytes.
    Entries {
        /// The bundle's number.
        index: u64,
        /// Records in it, 1 to 256.
        width: u16,
    },
}

/// A path that names no tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no tile's path")]
pub struct TilePathError;

impl fmt::Display for TilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match *self {
            Self::Hashes { level, index, width } => {
                write!(out, "tile/{level}/")?;
                (index, width)
            }
            Self::Entries { index, width } => {
                out.write_str("tile/entries/")?;
                (index, width)
            }
        };
        let groups = std::iter::successors(Some(index), |rest| Some(rest / 1000).filter(|rest| *rest > 0));
        let groups: Vec<u64> = groups.map(|rest| rest % 1000).collect();
        for (at, group) in groups.iter().enumerate().rev() {
            write!(out, "{}{group:03}{}", if at == 0 { "" } else { "x" }, if at == 0 { "" } else { "/" })?;
        }
        if u64::from(width) < TILE_WIDTH { write!(out, ".p/{width}") } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    /// Takes the one way of writing a tile, and no other.
    fn from_str(text: &str) -> Result<Self, TilePathError> {
        let (kind, rest) =
            text.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(TilePathError)?;
        let (number, width) =
            rest.split_once(".p/").map_or((rest, None), |(number, width)| (number, Some(width)));
        let digits: String = number.split('/').map(|group| group.trim_start_matches('x')).collect();
        let index = digits.parse().map_err(|_| TilePathError)?;
        let width = width.map_or(Ok(TILE_WIDTH as u16), |width| width.parse().map_err(|_| TilePathError))?;
        let path = match kind {
            "entries" => Self::Entries { index, width },
            level => Self::Hashes { level: level.parse().map_err(|_| TilePathError)?, index, width },
        };
        let is_tile = matches!(path, Self::Entries { .. } | Self::Hashes { level: 0..=MAX_LEVEL, .. });
        let is_wide = (1..=TILE_WIDTH).contains(&u64::from(width));
        (is_tile && is_wide && path.to_string() == text).then_some(path).ok_or(TilePathError)
    }
}

/// Every tile of a tree of `size` records: all full ones, and the last one of each level as far as it goes.
pub(super) fn tiles_of(size: u64) -> impl Iterator<Item = TilePath> {
    let of_level = move |level: u8| {
        let hashes = size.checked_shr(u32::from(level) * TILE_HEIGHT).unwrap_or(0);
        (0..hashes.div_ceil(TILE_WIDTH)).flat_map(move |index| {
            let width = (hashes - index * TILE_WIDTH).min(TILE_WIDTH) as u16;
            let entries = (level == 0).then_some(TilePath::Entries { index, width });
            std::iter::once(TilePath::Hashes { level, index, width }).chain(entries)
        })
    };
    (0..=MAX_LEVEL).flat_map(of_level)
}

#[cfg(test)]
mod tests {
    use super::{TilePath, tiles_of};

    #[test]
    fn a_path_reads_back_and_every_other_spelling_is_refused() {
        for text in [
            "tile/0/000",
            "tile/0/001.p/7",
            "tile/3/x001/x234/067",
            "tile/entries/x123/456",
            "tile/entries/999.p/255",
            "tile/7/x018/x446/x744/x073/x709/x551/615",
        ] {
            assert_eq!(text.parse::<TilePath>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/8/000",
            "tile/-1/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/257",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/x000/001",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/xx001/000",
            "tile/0/../000",
            "tile/data/000",
            "tile/entries/00x",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/+01",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
        ] {
            assert!(text.parse::<TilePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_tiles_of_a_tree_are_all_there() {
        let paths: Vec<String> = tiles_of(70_000).map(|path| path.to_string()).collect();
        assert_eq!(paths.len(), 274 + 274 + 2 + 1);
        for path in [
            "tile/0/272",
            "tile/0/273.p/112",
            "tile/entries/273.p/112",
            "tile/1/000",
            "tile/1/001.p/17",
            "tile/2/000.p/1",
        ] {
            assert!(paths.iter().any(|known| known == path), "{path}");
        }
        assert_eq!(tiles_of(0).count(), 0);
    }
}
