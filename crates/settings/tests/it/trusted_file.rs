//! Which files are read at all.

use settings::{Links, TrustError, check_trusted_folder, read_trusted};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn what_was_opened_is_judged_and_the_fix_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "text").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(read_trusted(&link, Links::Followed, 4).unwrap(), "text");
    assert!(matches!(read_trusted(&link, Links::Refused, 4), Err(TrustError::Unreadable { .. })));
    assert!(matches!(read_trusted(&file, Links::Refused, 3), Err(TrustError::Unreadable { .. })));
    fs::set_permissions(&file, Permissions::from_mode(0o606)).unwrap();
    for path in [&file, &link] {
        let error = read_trusted(path, Links::Followed, 4).unwrap_err();
        assert!(error.to_string().contains("mode 606"), "{error}");
        assert_eq!(error.hint(), format!("chmod go-w '{}'", path.display()));
    }
    assert!(check_trusted_folder(folder.path()).is_ok());
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(check_trusted_folder(folder.path()), Err(TrustError::Exposed { .. })));
}
