//! Kept versions: what is read back is what was accepted, or nothing.

use crate::house;
use authz::{Accepted, Policy, PolicyError, VersionError, Versions};
use domain::{Digest, UnixMillis};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_version_is_kept_whole_and_read_back_with_its_hash() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::new(folder.path().join("versions"));
    let (files, tools) = (house::files(), house::tools());
    let policy = Policy::load(&files, &tools).expect("the policy").policy_hash();
    assert!(matches!(versions.load(policy, &tools), Err(VersionError::Unknown { .. })));
    for _ in 0..2 {
        versions.keep(&files, policy).expect("kept");
        assert_eq!(versions.load(policy, &tools).expect("loaded").policy_hash(), policy);
    }
    let place = folder.path().join("versions").join(policy.to_string());
    let mut names: Vec<String> = std::fs::read_dir(&place)
        .expect("the version")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["data.toml", "guardrails.cedar", "roles.toml", "schema.cedarschema"]);
    assert_eq!(std::fs::metadata(&place).expect("about").permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_version_that_was_changed_in_any_file_is_no_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::new(folder.path());
    let (files, tools) = (house::files(), house::tools());
    let policy = Policy::load(&files, &tools).expect("the policy").policy_hash();
    let place = folder.path().join(policy.to_string());
    for (name, from, to) in [
        ("data.toml", "\"deny\"", "\"clear\""),
        ("roles.toml", "sam  = [\"approver\"]", "sam  = [\"approver\", \"admin\"]"),
        ("guardrails.cedar", "!= \"query\"", "!= \"queries\""),
        ("schema.cedarschema", "entity Label", "entity Other;\nentity Label"),
    ] {
        versions.keep(&files, policy).expect("kept");
        let text = std::fs::read_to_string(place.join(name)).expect("a text");
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(place.join(name), text.replace(from, to)).expect("written");
        assert!(matches!(versions.load(policy, &tools), Err(VersionError::Tampered { .. })), "{name}");
    }
    versions.keep(&files, policy).expect("kept");
    std::fs::write(place.join("more.cedar"), "permit (principal, action, resource);").expect("written");
    assert!(matches!(versions.load(policy, &tools), Err(VersionError::Tampered { .. })));
    versions.keep(&files, policy).expect("kept");
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o777)).expect("mode");
    let open = versions.load(policy, &tools);
    assert!(matches!(open, Err(VersionError::Policy(PolicyError::Exposed(_)))), "{open:?}");
}

#[test]
fn the_history_is_in_order_and_a_torn_line_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::new(folder.path().join("versions"));
    assert_eq!(versions.history().expect("nothing yet"), []);
    let at = |time: u64, name: &str| Accepted { time: UnixMillis(time), policy: Digest::of(name.as_bytes()) };
    let all = [at(1, "a"), at(2, "b"), at(3, "a")];
    all.iter().for_each(|accepted| versions.note(*accepted).expect("noted"));
    assert_eq!(versions.history().expect("the history"), all);
    let path = folder.path().join("versions/history");
    let text = std::fs::read_to_string(&path).expect("a text");
    std::fs::write(&path, &text[..text.len() - 9]).expect("written");
    assert_eq!(versions.history().expect("the history"), all[..2]);
    let start = |name: &str| Digest::of(name.as_bytes()).to_string()[..8].to_owned();
    assert_eq!(versions.named(&start("b")).expect("a name"), Some(Digest::of(b"b")));
    assert_eq!(versions.named(&start("c")).expect("no name"), None);
    assert_eq!(versions.named("").expect("two names"), None);
    assert_eq!(versions.set_aside().expect("nothing"), None);
    versions.put_aside(Some(Digest::of(b"b"))).expect("put aside");
    assert_eq!(versions.set_aside().expect("one"), Some(Digest::of(b"b")));
    versions.put_aside(None).expect("forgotten");
    assert_eq!(versions.set_aside().expect("nothing"), None);
}
