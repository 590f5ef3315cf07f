//! Owns the reading of /proc: which cgroup hierarchies are mounted where, and
//! which directory in each is this process's own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// This process's own directories.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hierarchies {
    /// v1: controller to directory.
    pub(crate) v1: BTreeMap<String, PathBuf>,
    /// v2: the directory in the one unified hierarchy.
    pub(crate) v2: Option<PathBuf>,
}

/// Reads them for this process.
pub(crate) fn read_hierarchies() -> io::Result<Hierarchies> {
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let membership = fs::read_to_string("/proc/self/cgroup")?;
    Ok(parse(&mounts, &membership))
}

fn parse(mounts: &str, membership: &str) -> Hierarchies {
    let mut found = Hierarchies::default();
    for mount in mounts.lines().filter_map(Mount::parse) {
        for line in membership.lines() {
            // "4:memory:/path", or "0::/path" for v2.
            let mut fields = line.splitn(3, ':');
            let (Some(id), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            if mount.is_v2 {
                if id == "0" && controllers.is_empty() {
                    found.v2.get_or_insert_with(|| mount.directory(path));
                }
                continue;
            }
            for controller in controllers.split(',').filter(|name| mount.has(name)) {
                found.v1.entry(controller.to_owned()).or_insert_with(|| mount.directory(path));
            }
        }
    }
    found
}

/// A line of `mountinfo` about a cgroup file system.
struct Mount<'a> {
    /// The directory of the hierarchy that is visible as the mount's root.
    root: &'a str,
    point: &'a str,
    is_v2: bool,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (place, file_system) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        let (root, point) = (place.next()?, place.next()?);
        let mut file_system = file_system.split(' ');
        let kind = file_system.next()?;
        let options = file_system.nth(1)?;
        let is_v2 = match kind {
            "cgroup" => false,
            "cgroup2" => true,
            _ => return None,
        };
        Some(Mount { root, point, is_v2, options })
    }

    fn has(&self, controller: &str) -> bool {
        !controller.is_empty() && self.options.split(',').any(|option| option == controller)
    }

    /// Where the group at `path` of the hierarchy is in the file system. What
    /// lies outside of the mount's root is taken as the root itself.
    fn directory(&self, path: &str) -> PathBuf {
        let below = Path::new(path).strip_prefix(self.root).unwrap_or(Path::new(""));
        let escapes = below.components().any(|part| part.as_os_str() == "..");
        if escapes { PathBuf::from(self.point) } else { Path::new(self.point).join(below) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 23 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 30 0:28 /box /sys/fs/cgroup/cpu rw,relatime shared:4 - cgroup cgroup rw,cpu,cpuacct
33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";

    fn check(membership: &str, controller: &str, expected: &str) {
        let found = parse(MOUNTS, membership);
        assert_eq!(found.v1.get(controller), Some(&PathBuf::from(expected)));
    }

    #[test]
    fn own_group_is_below_the_mount_point() {
        check("4:memory:/jobs/a\n", "memory", "/sys/fs/cgroup/memory/jobs/a");
    }

    #[test]
    fn root_of_a_partial_mount_is_taken_off() {
        check("2:cpu,cpuacct:/box/a\n", "cpuacct", "/sys/fs/cgroup/cpu/a");
    }

    #[test]
    fn group_outside_of_the_mount_is_its_root() {
        check("2:cpu,cpuacct:/../x\n", "cpu", "/sys/fs/cgroup/cpu");
    }

    #[test]
    fn unified_hierarchy_is_found_beside_v1() {
        let found = parse(MOUNTS, "0::/user.slice/a.scope\n");
        let expected = PathBuf::from("/sys/fs/cgroup/unified/user.slice/a.scope");
        assert_eq!(found.v2, Some(expected));
    }
}
