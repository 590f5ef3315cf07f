//! The walk over all records, with the signed roots on the way.

use super::material::{Material, StoredLeaves};
use super::{Verified, VerifyError, VerifyRequest};
use crate::Event;
use crate::chain::KeyChain;
use crate::disk::Disk;
use crate::limits::CHECKPOINT_RECORDS;
use crate::note::{Checkpoint, NoteError, VerifierKey};
use crate::receipt::ReceiptFile;
use crate::record::{BadFrame, Header, dropped_until};
use crate::segment::{Stop, Walk, was_durable};
use crate::tree::{self, CompactRange, HASH_BYTES, Hash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// Records that may be behind the last signature: those that a log may leave so, and once more as many that
/// were written between the reading of the signatures and of the records.
const MAX_UNSIGNED: u64 = 2 * CHECKPOINT_RECORDS;

/// The records that receipts speak of, by index, as far as they came by.
type Receipted = BTreeMap<u64, Option<(Header, Hash)>>;

pub(super) struct Check<'a> {
    disk: &'a dyn Disk,
    material: &'a Material,
    receipts: &'a [ReceiptFile],
    origin: String,
    /// Signed roots by size.
    signed: BTreeMap<u64, Vec<Checkpoint>>,
    /// The tree over what was dropped.
    base: CompactRange,
    /// What the log itself says was dropped.
    dropped_until: u64,
    /// The tree over the records.
    range: CompactRange,
    /// The tree over the stored leaf hashes, as long as there are any.
    stored: Option<(StoredLeaves<'a>, CompactRange)>,
    /// First record since the last good root whose stored hash differs.
    first_difference: Option<u64>,
    /// Size of the last root that fitted.
    good: u64,
    checked: u64,
    receipted: Receipted,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        disk: &'a dyn Disk,
        material: &'a Material,
        request: &'a VerifyRequest,
    ) -> Result<Self, VerifyError> {
        let chain = key_chain(material, request.public_key.as_ref())?;
        let origin = chain.last().name.clone();
        let receipts = request.receipts.as_slice();
        if receipts.iter().any(|receipt| receipt.origin != origin) {
            return Err(VerifyError::Receipt { problem: "is of another log" });
        }
        let given = request.checkpoint.iter().map(|note| ("the given checkpoint", note));
        let receipted = receipts
            .iter()
            .filter_map(|receipt| receipt.checkpoint.as_ref())
            .map(|note| ("the receipt's checkpoint", note));
        let own = material.notes.iter().map(|(which, note)| (which.as_str(), note));
        let mut signed: BTreeMap<u64, Vec<Checkpoint>> = BTreeMap::new();
        for (which, note) in own.chain(given).chain(receipted) {
            let checkpoint = chain
                .open(note)
                .map_err(|source| VerifyError::Checkpoint { which: which.to_owned(), source })?;
            signed.entry(checkpoint.size).or_default().push(checkpoint);
        }
        let base = match material.base.as_str() {
            "" => CompactRange::default(),
            text => CompactRange::from_text(text).ok_or(VerifyError::BadRecord {
                index: 0,
                problem: "the tree over what was dropped is damaged",
            })?,
        };
        let stored = material.tree.as_deref().map(|path| (StoredLeaves::new(disk, path), base.clone()));
        Ok(Self {
            disk,
            material,
            receipts,
            origin,
            signed,
            range: base.clone(),
            base,
            dropped_until: 0,
            stored,
            first_difference: None,
            good: 0,
            checked: 0,
            receipted: receipts
                .iter()
                .flat_map(|receipt| [(receipt.intent_index, None), (receipt.outcome_index, None)])
                .collect(),
        })
    }

    pub(super) fn run(mut self) -> Result<Verified, VerifyError> {
        self.compare_roots()?;
        let mut torn_bytes = 0;
        let segments = &self.material.segments;
        for (number, (first, place)) in segments.iter().enumerate() {
            if *first != self.range.size() {
                return Err(self.bad(self.range.size(), "it is missing"));
            }
            let bytes = place.read(self.disk)?;
            let mut walk = Walk::new(&bytes, *first);
            for (_, frame) in walk.by_ref() {
                self.dropped_until = dropped_until(frame.record).unwrap_or(self.dropped_until);
                self.record(frame.header, frame.leaf)?;
            }
            let is_last = number + 1 == segments.len();
            torn_bytes = self.segment_end(&bytes, walk.stop(), is_last)?;
        }
        self.end()?;
        self.check_signed()?;
        self.check_dropped()?;
        self.receipts.iter().try_for_each(|receipt| self.check_receipt(receipt))?;
        Ok(Verified {
            origin: self.origin,
            records: self.range.size(),
            first: self.base.size(),
            root: self.range.root(),
            signed_records: self.good,
            checkpoints_checked: self.checked,
            torn_bytes,
        })
    }

    fn record(&mut self, header: Header, leaf: Hash) -> Result<(), VerifyError> {
        let index = self.range.size();
        if let Some(wanted) = self.receipted.get_mut(&index) {
            *wanted = Some((header, leaf));
        }
        self.range.push(leaf, |_| ());
        self.push_stored(index, Some(leaf));
        self.compare_roots()
    }

    /// Takes the stored hash of a leaf beside the leaf itself.
    fn push_stored(&mut self, index: u64, leaf: Option<Hash>) {
        let Some((leaves, range)) = &mut self.stored else { return };
        let Some(stored) = leaves.leaf(index) else {
            self.stored = None;
            return;
        };
        range.push(stored, |_| ());
        if leaf != Some(stored) && self.first_difference.is_none() {
            self.first_difference = Some(index);
        }
    }

    /// Compares the root with every signature over this many records.
    fn compare_roots(&mut self) -> Result<(), VerifyError> {
        let size = self.range.size();
        let Some(signed) = self.signed.get(&size) else { return Ok(()) };
        let root = self.range.root();
        if signed.iter().all(|checkpoint| checkpoint.root == root) {
            self.checked += signed.len() as u64;
            self.good = size;
            self.first_difference = None;
            if let Some((_, stored)) = &mut self.stored {
                stored.clone_from(&self.range);
            }
            return Ok(());
        }
        // The stored hashes are believed only if the signature over them fits.
        let proven = self.stored.as_ref().is_some_and(|(_, stored)| {
            let stored = stored.root();
            signed.iter().all(|checkpoint| checkpoint.root == stored)
        });
        match self.first_difference {
            Some(index) if proven => {
                Err(VerifyError::BadRecord { index, problem: "it is not the record that was signed" })
            }
            _ => Err(VerifyError::BadRange { index: self.good, last: size.saturating_sub(1) }),
        }
    }

    /// A record that is bad in itself; an earlier one may be bad too and only look right.
    fn bad(&mut self, index: u64, problem: &'static str) -> VerifyError {
        let next_signed = self.signed.range(index + 1..).next().map(|(size, signed)| (*size, signed.clone()));
        if let (Some(earlier), Some((size, signed))) = (self.first_difference, next_signed) {
            (self.range.size()..size).for_each(|index| self.push_stored(index, None));
            let root =
                self.stored.as_ref().filter(|(_, stored)| stored.size() == size).map(|(_, s)| s.root());
            if earlier < index
                && root.is_some_and(|root| signed.iter().all(|checkpoint| checkpoint.root == root))
            {
                return VerifyError::BadRecord {
                    index: earlier,
                    problem: "it is not the record that was signed",
                };
            }
        }
        VerifyError::BadRecord { index, problem }
    }

    /// Looks at what stopped the walk. Returns the bytes of a torn tail.
    fn segment_end(&mut self, bytes: &[u8], stop: Stop, is_last: bool) -> Result<u64, VerifyError> {
        match stop.reason {
            BadFrame::End => Ok(0),
            BadFrame::Damaged(problem) => Err(self.bad(stop.index, problem)),
            BadFrame::Incomplete if !is_last || was_durable(bytes, stop) => {
                Err(self.bad(stop.index, "it breaks off"))
            }
            BadFrame::Incomplete => {
                let tail = bytes.get(stop.offset..).unwrap_or_default();
                Ok(tail.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1))
            }
        }
    }

    /// Nothing that was signed or receipted may lie behind the end.
    fn end(&mut self) -> Result<(), VerifyError> {
        let records = self.range.size();
        let signed = self.signed.keys().next_back().copied().unwrap_or_default();
        let receipted = self.receipted.keys().next_back().map_or(0, |index| index.saturating_add(1));
        let size = signed.max(receipted);
        if size <= records {
            return Ok(());
        }
        match self.bad(records, "") {
            VerifyError::BadRecord { index, problem } if index < records => {
                Err(VerifyError::BadRecord { index, problem })
            }
            _ => Err(VerifyError::Truncated { index: records, size }),
        }
    }

    /// Records that anybody could have written behind the last signature are told from those that a log has
    /// not signed yet by their number.
    fn check_signed(&self) -> Result<(), VerifyError> {
        let unsigned = self.range.size().saturating_sub(self.good);
        let is_signed = self.checked > 0 && unsigned <= MAX_UNSIGNED;
        if unsigned == 0 || is_signed {
            return Ok(());
        }
        Err(VerifyError::Unsigned { index: self.good, more: unsigned - 1 })
    }

    /// What is not there has to be what the log says was dropped, and checkpoints over it have to be of it.
    fn check_dropped(&self) -> Result<(), VerifyError> {
        if self.dropped_until < self.base.size() {
            let problem = "it is missing, and no record says that it was dropped";
            return Err(VerifyError::BadRecord { index: self.dropped_until, problem });
        }
        let (base, root) = (self.base.size(), self.base.root());
        for (size, signed) in self.signed.range(1..base.max(1)) {
            let path = self.stored_nodes().and_then(|node| tree::consistency_path(*size, base, node).ok());
            let path = path.ok_or(VerifyError::Dropped { size: *size })?;
            let holds = |checkpoint: &Checkpoint| {
                tree::verify_consistency(*size, &checkpoint.root, base, &root, &path)
            };
            if !signed.iter().all(holds) {
                return Err(VerifyError::BadRange { index: 0, last: size - 1 });
            }
        }
        Ok(())
    }

    /// The stored hashes of the tree, if there are any.
    fn stored_nodes(&self) -> Option<impl FnMut(u32, u64) -> Result<Hash, ()>> {
        let (disk, path) = (self.disk, self.material.tree.as_deref()?);
        Some(move |level, index| {
            let at = tree::position_of(level, index) * HASH_BYTES as u64;
            disk.read_at(path, at, HASH_BYTES).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(())
        })
    }

    /// The receipt of a call whose records were dropped: its leaf is under the tree over them.
    fn check_dropped_receipt(&self, receipt: &ReceiptFile) -> Result<(), VerifyError> {
        let (base, index) = (self.base.size(), receipt.outcome_index);
        let gone = || VerifyError::Receipt { problem: "speaks of records that were dropped" };
        let leaf: Hash =
            STANDARD.decode(&receipt.leaf).ok().and_then(|leaf| leaf.try_into().ok()).ok_or_else(gone)?;
        let node = self.stored_nodes().ok_or_else(gone)?;
        let path = tree::inclusion_path(index, base, node).map_err(|()| gone())?;
        if tree::verify_inclusion(&leaf, index, base, &path, &self.base.root()) {
            return Ok(());
        }
        Err(VerifyError::BadRecord { index, problem: "it is not the record of the receipt" })
    }

    fn check_receipt(&self, receipt: &ReceiptFile) -> Result<(), VerifyError> {
        if receipt.outcome_index < self.base.size() {
            return self.check_dropped_receipt(receipt);
        }
        if receipt.intent_index < self.base.size() {
            // The intent was dropped, the outcome was not: its leaf is all that there is to compare.
            let outcome = self.receipted.get(&receipt.outcome_index).copied().flatten();
            let same = outcome.is_some_and(|(_, leaf)| STANDARD.encode(leaf) == receipt.leaf);
            let problem = "it is not the record of the receipt";
            let bad = VerifyError::BadRecord { index: receipt.outcome_index, problem };
            return if same { Ok(()) } else { Err(bad) };
        }
        let found = |index| self.receipted.get(&index).copied().flatten();
        let (Some((intent, _)), Some((outcome, leaf))) =
            (found(receipt.intent_index), found(receipt.outcome_index))
        else {
            return Err(VerifyError::Receipt { problem: "speaks of records that are not there" });
        };
        let kept = STANDARD.decode(&receipt.leaf).ok();
        if kept.as_deref() != Some(&leaf) {
            let problem = "it is not the record of the receipt";
            return Err(VerifyError::BadRecord { index: receipt.outcome_index, problem });
        }
        let is_call = outcome.event == Event::Outcome
            && intent.event == Event::Intent
            && outcome.intent == Some(receipt.intent_index)
            && outcome.call == intent.call;
        // A refused call has one record, which is its beginning and its end.
        let is_refusal = outcome.event == Event::Refused && receipt.intent_index == receipt.outcome_index;
        let belongs = is_call || is_refusal;
        if belongs {
            Ok(())
        } else {
            Err(VerifyError::Receipt { problem: "does not name an intent and its outcome" })
        }
    }
}

/// The keys beside the records; if one was kept elsewhere, only such as it vouches for.
fn key_chain(material: &Material, kept: Option<&VerifierKey>) -> Result<KeyChain, VerifyError> {
    let last = material.public_key.as_deref().unwrap_or_default().parse::<VerifierKey>();
    let own = last.and_then(|last| KeyChain::read(&material.rotations, &last));
    match (own, kept) {
        (Ok(chain), Some(kept)) if chain.has(kept) => Ok(chain),
        (_, Some(kept)) => Ok(KeyChain::of(kept.clone())),
        (own, None) => own.map_err(|error: NoteError| VerifyError::PublicKey(error)),
    }
}
