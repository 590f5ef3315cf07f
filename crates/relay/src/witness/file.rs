//! A file of notes that only grows, on another mount: append, make durable, read the last one back.
#![allow(clippy::disallowed_methods, reason = "the file that an operator has checkpoints written into")]

use crate::export::ExportError;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Lines of one note: origin, size, root, an empty one, the signature.
const NOTE_LINES: usize = 5;
/// Many notes; one has about 250 bytes.
const TAIL_BYTES: u64 = 64 * 1024;

/// The last whole note; `None` if there is no file or none in it.
pub(super) fn last_note(path: &Path) -> Result<Option<String>, ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut read = || {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        Ok(String::from_utf8_lossy(&tail).into_owned())
    };
    Ok(last_of(&read().map_err(failed)?))
}

/// What stands behind the last line break belongs to a note that was never whole.
fn last_of(text: &str) -> Option<String> {
    let (whole, _) = text.rsplit_once('\n')?;
    let lines: Vec<&str> = whole.split('\n').collect();
    // A signature line ends a note; what follows the last one is a note that broke off.
    let end = lines.iter().rposition(|line| line.starts_with("— "))? + 1;
    let note = lines.get(end.checked_sub(NOTE_LINES)?..end)?;
    Some(format!("{}\n", note.join("\n")))
}

/// Appends the note behind whatever stands there.
pub(super) fn append(path: &Path, note: &str) -> Result<(), ExportError> {
    let failed = |source| ExportError::File { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    let mut file = options.open(path).map_err(failed)?;
    let mut write = || {
        let length = file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.seek(SeekFrom::Start(length - 1))?;
            file.read_exact(&mut last)?;
        }
        // A note that broke off is closed by a line break: nothing is ever taken away.
        let text = if last == [b'\n'] { note.to_owned() } else { format!("\n{note}") };
        file.write_all(text.as_bytes())?;
        file.sync_data()
    };
    write().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{append, last_note, last_of};

    #[test]
    fn the_last_whole_note_is_found_behind_whatever_broke_off() {
        let note = |size: u32| format!("secure-mcp/x\n{size}\nroot\n\n— secure-mcp/x sig\n");
        assert_eq!(last_of(""), None);
        assert_eq!(last_of("secure-mcp/x\n5\n"), None);
        assert_eq!(last_of(&note(5)), Some(note(5)));
        for cut in 0..note(6).len() - 1 {
            let text = format!("{}{}", note(5), &note(6).as_bytes()[..cut].escape_ascii());
            let torn = format!("{}{}", note(5), String::from_utf8_lossy(&note(6).as_bytes()[..cut]));
            assert_eq!(last_of(&torn), Some(note(5)), "{text}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        assert_eq!(last_note(&path).unwrap(), None);
        append(&path, &note(1)).unwrap();
        std::fs::write(&path, format!("{}secure-mcp/x\n2\nro", note(1))).unwrap();
        append(&path, &note(3)).unwrap();
        assert_eq!(last_note(&path).unwrap(), Some(note(3)));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(&note(1)));
    }
}
