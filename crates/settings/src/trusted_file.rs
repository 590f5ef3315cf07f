//! Files that decide what the server does: read only if nobody but root and the server's own user can
//! change them. What is checked is what was opened, so a link is judged by where it leads.
//!
//! A group may write if it is the private group of the server's own user (its number is the user's, and
//! no access list adds anybody): a clone made under umask 002 looks like that. Folders above a file are
//! the operator's to guard.

use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const GROUP_MAY_WRITE: u32 = 0o020;
const OTHERS_MAY_WRITE: u32 = 0o002;

/// Whether a link in the place of a file is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// Where it leads is what counts.
    Followed,
    /// It is an error.
    Refused,
}

/// A file that is not read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It is not there, not readable or too large.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others can change it.
    #[error("`{}` can be changed by others: {why}", path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Mode and owner.
        why: String,
        /// What to do about it.
        fix: String,
    },
}

impl TrustError {
    /// What to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Self::Unreadable { .. } => "check that the path exists and that the server's user may read it",
            Self::Exposed { fix, .. } => fix,
        }
    }
}

/// The whole text of `path`, of at most `max_bytes`.
pub fn read_trusted(path: &Path, links: Links, max_bytes: u64) -> Result<String, TrustError> {
    let unreadable = |source| TrustError::Unreadable { path: path.to_owned(), source };
    let file = open(path, links).map_err(unreadable)?;
    check(path, &file)?;
    let mut text = String::new();
    let read = file.take(max_bytes.saturating_add(1)).read_to_string(&mut text).map_err(unreadable)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > max_bytes {
        let large = format!("larger than {max_bytes} bytes");
        return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, large)));
    }
    Ok(text)
}

/// Refuses a folder in which others can place, replace or remove files.
pub fn check_trusted_folder(path: &Path) -> Result<(), TrustError> {
    let unreadable = |source| TrustError::Unreadable { path: path.to_owned(), source };
    check(path, &open(path, Links::Followed).map_err(unreadable)?)
}

fn open(path: &Path, links: Links) -> io::Result<File> {
    let flags = match links {
        Links::Followed => OFlags::empty(),
        Links::Refused => OFlags::NOFOLLOW,
    };
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    #[expect(clippy::disallowed_methods, reason = "the one door through which the configuration comes in")]
    options.open(path)
}

fn check(path: &Path, file: &File) -> Result<(), TrustError> {
    let about = file.metadata().map_err(|source| TrustError::Unreadable { path: path.to_owned(), source })?;
    let facts = Facts::of(&about, has_access_list(file), rustix::process::geteuid().as_raw());
    facts
        .fault(path)
        .map_or(Ok(()), |(why, fix)| Err(TrustError::Exposed { path: path.to_owned(), why, fix }))
}

/// An access list may give the group's bits to anybody. One that cannot be asked for counts as one.
fn has_access_list(file: &File) -> bool {
    use rustix::io::Errno;
    let mut none: [u8; 0] = [];
    let asked = rustix::fs::fgetxattr(file, "system.posix_acl_access", &mut none);
    !matches!(asked, Err(Errno::NODATA | Errno::NOTSUP))
}

/// What decides.
struct Facts {
    mode: u32,
    owner: u32,
    group: u32,
    /// Whether others than the user of the same number belong to the group.
    group_has_others: bool,
    has_access_list: bool,
    own_user: u32,
}

impl Facts {
    fn of(about: &Metadata, has_access_list: bool, own_user: u32) -> Self {
        let (mode, owner, group) = (about.mode() & 0o7777, about.uid(), about.gid());
        // Asked only where the answer decides.
        let group_has_others = mode & GROUP_MAY_WRITE != 0 && group_has_others(group);
        Self { mode, owner, group, group_has_others, has_access_list, own_user }
    }

    /// What is wrong, and what to do about it.
    fn fault(&self, path: &Path) -> Option<(String, String)> {
        let why = format!("mode {:o}, owner {}, group {}", self.mode, self.owner, self.group);
        if self.owner != 0 && self.owner != self.own_user {
            let fix = format!(
                "give it to root or to the server's own user: chown {} '{}'",
                self.own_user,
                path.display()
            );
            return Some((format!("{why}; the server's user is {}", self.own_user), fix));
        }
        let by_group = self.mode & GROUP_MAY_WRITE != 0 && !self.group_is_private();
        if by_group || self.mode & OTHERS_MAY_WRITE != 0 {
            return Some((why, format!("chmod go-w '{}'", path.display())));
        }
        None
    }

    fn group_is_private(&self) -> bool {
        self.owner == self.own_user
            && self.group == self.owner
            && !self.group_has_others
            && !self.has_access_list
    }
}

/// Whether the machine's files name a member of the group beside the user of the same number. A machine that
/// cannot be asked counts as one that does; members from a directory service are not seen.
#[expect(clippy::disallowed_methods, reason = "who is in a group stands in files of the machine")]
fn group_has_others(group: u32) -> bool {
    let text = |path: &str| std::fs::read_to_string(path).ok();
    match (text("/etc/group"), text("/etc/passwd")) {
        (Some(groups), Some(users)) => others_in(group, &groups, &users),
        _ => true,
    }
}

/// `groups` and `users` are in the formats of group(5) and passwd(5).
fn others_in(group: u32, groups: &str, users: &str) -> bool {
    let number = group.to_string();
    let is_numbered = |row: &[&str], at: usize| row.get(at) == Some(&number.as_str());
    let is_own = |name: &str| rows(users).any(|row| is_numbered(&row, 2) && row.first() == Some(&name));
    let members = rows(groups).filter(|row| is_numbered(row, 2)).filter_map(|row| row.get(3).copied());
    let has_member =
        members.flat_map(|names| names.split(',')).any(|name| !name.is_empty() && !is_own(name.trim()));
    has_member || rows(users).any(|row| is_numbered(&row, 3) && !is_numbered(&row, 2))
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}

#[cfg(test)]
mod tests {
    use super::Facts;
    use std::path::Path;

    fn is_trusted(mode: u32, owner: u32, group: u32, own_user: u32, has_access_list: bool) -> bool {
        let group_has_others = false;
        let facts = Facts { mode, owner, group, group_has_others, has_access_list, own_user };
        facts.fault(Path::new("policy")).is_none()
    }

    #[test]
    fn a_private_group_has_no_other_member() {
        let users = "root:x:0:0::/root:/bin/sh\nsmcp:x:1000:1000::/:/bin/false\nbob:x:1001:100::/:/bin/sh\n";
        let others = |group: &str, users: &str| super::others_in(1000, group, users);
        assert!(!others("smcp:x:1000:\nusers:x:100:bob\n", users));
        assert!(!others("smcp:x:1000:smcp\n", users));
        assert!(!others("", users), "a user without a line for his group has it alone");
        assert!(others("smcp:x:1000:bob\n", users), "an added member");
        assert!(others("smcp:x:1000:smcp, bob\n", users));
        assert!(others("smcp:x:1000:\n", &users.replace("1001:100", "1001:1000")), "another's first group");
        let facts = |group_has_others| {
            let facts = Facts {
                mode: 0o664,
                owner: 1000,
                group: 1000,
                group_has_others,
                has_access_list: false,
                own_user: 1000,
            };
            facts.fault(Path::new("policy")).is_none()
        };
        assert!(facts(false) && !facts(true));
    }

    #[test]
    fn only_root_and_the_own_user_may_change_a_file() {
        for (mode, owner, group, own_user, expected) in [
            (0o644, 0, 0, 1000, true),
            (0o600, 1000, 1000, 1000, true),
            (0o644, 1000, 100, 1000, true),
            (0o644, 1001, 1000, 1000, false),
            (0o644, 1000, 1000, 0, false),
            (0o400, 65534, 65534, 1000, false),
            (0o646, 1000, 1000, 1000, false),
            (0o1777, 0, 0, 0, false),
        ] {
            assert_eq!(
                is_trusted(mode, owner, group, own_user, false),
                expected,
                "{mode:o} {owner}:{group} as {own_user}"
            );
        }
    }

    #[test]
    fn a_group_may_write_if_it_is_the_own_users_private_one() {
        assert!(is_trusted(0o664, 1000, 1000, 1000, false), "a clone under umask 002");
        assert!(is_trusted(0o775, 0, 0, 0, false));
        assert!(!is_trusted(0o664, 1000, 1000, 1000, true), "an access list adds somebody");
        assert!(!is_trusted(0o664, 1000, 100, 1000, false), "a group of many");
        assert!(!is_trusted(0o664, 0, 0, 1000, false), "the group of another user");
        assert!(!is_trusted(0o666, 1000, 1000, 1000, false));
    }
}
