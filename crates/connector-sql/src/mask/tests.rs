//! What masks show of a value.

use super::hmac::Hmac;
use super::{MaskKey, email, keep_last_4, year};
use domain::{Secret, TenantId};
use proptest::prelude::*;

#[test]
fn keep_last_4_shows_four_letters_or_digits_of_at_least_eight() {
    let check = |value: &str, expected: &str| assert_eq!(keep_last_4(value), expected);
    check("4111111111111111", "************1111");
    check("+1 202-555-0143", "***********0143");
    check("+46 70 123 4 42", "***********3442");
    check("5500 0000 0000 0004 ", "****************0004");
    check("12345678", "****5678");
    check("+1 234-567", "**********");
    check("----------", "**********");
    check("1234567", "*******");
    check("1234", "****");
    check("", "");
    check("ÄÖÜäöüßé", "****öüßé");
}

#[test]
fn email_shows_the_first_sign_and_the_domain() {
    let check = |value: &str, expected: &str| assert_eq!(email(value), expected);
    check("ana@example.com", "a***@example.com");
    check("a@example.com", "a***@example.com");
    check("Élodie.D'Aubigné@exämple.fr", "É***@exämple.fr");
    check("\"a@b\"@example.com", "\"***@example.com");
    check("@example.com", "***");
    check("ana", "***");
    check("ana@", "***");
    check("ana@localhost", "***");
    check("note: call me @ home, my pin is 1234. thanks", "***");
    check("", "***");
}

#[test]
fn year_shows_the_year_of_every_usual_form() {
    let check = |value: &str, expected: Option<&str>| assert_eq!(year(value).as_deref(), expected, "{value}");
    for date in [
        "1984-02-29",
        "1984-02-29T10:00:00Z",
        "1984-02-29 10:00",
        "1984/2/9",
        "29.02.1984",
        "29/2/1984",
        "19840229",
        "1984",
        " 1984 ",
        "1984-02",
    ] {
        check(date, Some("1984"));
    }
    for other in [
        "",
        "84-02-29",
        "next year",
        "19840",
        "1700000000",
        "1984-02-29-1999",
        "1234-5678-9012",
        "abcd-01-02",
        "1984-x-2",
    ] {
        check(other, None);
    }
}

/// RFC 4231, cases 1, 2 and 4, whose keys fill up to 32 bytes with zeros, as HMAC itself fills them.
#[test]
fn hmac_gives_the_published_tags() {
    let check = |key: &[u8], message: &[u8], expected: &str| {
        let mut filled = [0; 32];
        filled[..key.len()].copy_from_slice(key);
        let tag = domain::Digest::from_bytes(Hmac::new(&filled).tag(message));
        assert_eq!(tag.to_string(), expected);
    };
    let counted: Vec<u8> = (1..=25).collect();
    check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check(
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    check(&counted, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

#[test]
fn tokens_depend_on_value_tenant_and_key_alone() {
    let tenant = |name: &str| -> TenantId { name.parse().unwrap() };
    let key = |byte: u8| MaskKey::new(Secret::new([byte; 32]));
    let acme = key(1).of_tenant(&tenant("acme"));
    assert_eq!(acme.token(b"DE00"), key(1).of_tenant(&tenant("acme")).token(b"DE00"));
    assert_ne!(acme.token(b"DE00"), acme.token(b"DE01"));
    assert_ne!(acme.token(b"DE00"), key(1).of_tenant(&tenant("other")).token(b"DE00"));
    assert_ne!(acme.token(b"DE00"), key(2).of_tenant(&tenant("acme")).token(b"DE00"));
}

proptest! {
    #[test]
    fn a_mask_shows_no_more_than_it_promises(value in "\\PC{0,40}") {
        let signs = value.chars().count();
        let kept = keep_last_4(&value);
        prop_assert_eq!(kept.chars().count(), signs);
        prop_assert!(kept.chars().take(signs.saturating_sub(4)).all(|sign| sign == '*'));
        if let Some(shown) = year(&value) {
            prop_assert!(shown.len() == 4 && shown.bytes().all(|sign| sign.is_ascii_digit()) && value.contains(&shown));
        }
        let shown = email(&value);
        let (start, domain) = shown.split_once("***").unwrap();
        prop_assert!(start.chars().count() <= 1 && value.starts_with(start));
        prop_assert!(domain.is_empty() || value.ends_with(domain));
    }

    #[test]
    fn an_address_hides_its_mailbox(local in "[a-z0-9.]{2,30}", domain in "[a-z]{1,10}\\.(com|org)") {
        let same_start = format!("{}zz@{domain}", local.chars().next().unwrap());
        prop_assert_eq!(email(&format!("{local}@{domain}")), email(&same_start));
    }
}
