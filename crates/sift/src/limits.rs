//! The limits of one scan and the error that says one was reached.
//!
//! A limit never shortens the work in silence: the scan ends with an error, and the caller
//! withholds the text.

/// Bytes of one text. On the slowest input known (names of secrets and nothing else, read at
/// 4 MB/s) this is one second of one core, on ordinary text a twentieth of that; the budget of
/// steps holds any other input to two and a half times as much. Larger results are for files.
pub const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;

/// Findings in one text. A 4 MiB list of short e-mail addresses holds about 200,000, so
/// a text over this limit is an export of a table and needs another tool; the findings of
/// a text under it take at most 3 MiB of memory.
pub const MAX_FINDINGS: usize = 65_536;

/// Encodings inside encodings that are opened. Two covers base64 in a URL and a JWT in
/// base64; every level costs up to as much as the text itself.
pub(crate) const MAX_DECODE_DEPTH: u8 = 2;

/// Times one text is read again after its findings were blanked out, because a finding
/// can hide the boundary of its neighbour. Ordinary text settles in two; a text that has
/// not settled in eight was built not to.
pub(crate) const MAX_PASSES: usize = 8;

/// Decoded bytes per byte of text, over all runs and depths. The readings of one run
/// (four base64 alignments, two hex, one unescaped) come to five; twice that leaves room
/// for a second level.
pub(crate) const DECODED_BYTES_PER_BYTE: usize = 10;

/// Decoded bytes that even a short text may cost.
pub(crate) const DECODED_BYTES_FLOOR: usize = 64 * 1024;

/// Steps of reading per byte of text, over all passes and depths. The dearest input known, names of
/// passwords and nothing else, takes 197 a byte; the tests hold all that are known to half of this.
pub(crate) const STEPS_PER_BYTE: usize = 512;

/// Steps that even a short text may cost: a value is measured in 512 and read by a dozen recognisers.
pub(crate) const STEPS_FLOOR: usize = 64 * 1024;

/// Why a text was not scanned in full. The text must be withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The text is larger than [`MAX_TEXT_BYTES`].
    #[error("text of {bytes} bytes is over the scanner's limit of {MAX_TEXT_BYTES}")]
    TooLarge {
        /// Size of the text.
        bytes: usize,
    },
    /// The text holds more than [`MAX_FINDINGS`].
    #[error("text holds more than {MAX_FINDINGS} findings")]
    TooManyFindings,
    /// Opening the encoded runs would cost more than their share.
    #[error("text holds more encoded data than can be opened")]
    TooMuchEncoding,
    /// Reading the text took more steps than its share.
    #[error("text takes more work than its size allows")]
    TooMuchWork,
    /// Findings kept appearing after the ones before them were taken out.
    #[error("text did not settle after {MAX_PASSES} passes")]
    Unsettled,
}
