//! Random text and plain words.

use super::Profile;

#[test]
fn entropy_grows_with_variety() {
    assert_eq!(Profile::of("").centibits, 0);
    assert_eq!(Profile::of("aaaaaaaa").centibits, 0);
    assert_eq!(Profile::of("abababab").centibits, 100);
    assert_eq!(Profile::of("abcdefghijklmnop").centibits, 400);
}

#[test]
fn names_in_programs_are_wordy_and_keys_are_not() {
    assert!(Profile::of("getAccessTokenV2").is_wordy());
    assert!(!Profile::of("k3Jd8sLq0ZpW7vTn").is_wordy());
    assert!(!Profile::of("QXR7BKPLWZ").is_wordy());
}
