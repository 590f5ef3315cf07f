//! Every row of every table: what must be found, exactly where, and what must not.

use sift::{Kind, Scanner};

use crate::table::{rows, scan, scanner};

#[test]
fn cards_are_told_from_other_numbers() {
    check_kind(Kind::Card, include_str!("../data/card.tsv"));
}

#[test]
fn account_numbers_need_their_check_digits() {
    check_kind(Kind::Iban, include_str!("../data/iban.tsv"));
}

#[test]
fn addresses_are_found_without_their_surroundings() {
    check_kind(Kind::Email, include_str!("../data/email.tsv"));
}

#[test]
fn social_security_numbers_follow_the_issuing_rules() {
    check_kind(Kind::UsSsn, include_str!("../data/us-ssn.tsv"));
}

#[test]
fn telephone_numbers_need_a_form_or_a_word() {
    check_kind(Kind::Phone, include_str!("../data/phone.tsv"));
}

#[test]
fn ip_addresses_are_told_from_versions_and_times() {
    check_kind(Kind::IpAddress, include_str!("../data/ip-address.tsv"));
}

#[test]
fn assigned_values_are_secrets_and_references_are_not() {
    check_kind(Kind::AssignedSecret, include_str!("../data/assigned-secret.tsv"));
}

#[test]
fn private_keys_are_found_as_whole_blocks() {
    check_kind(Kind::PrivateKey, include_str!("../data/private-key.tsv"));
}

#[test]
fn tokens_need_their_prefix_and_a_random_body() {
    check_named(include_str!("../data/tokens.tsv"));
}

#[test]
fn credentials_in_headers_and_urls_are_found() {
    check_named(include_str!("../data/credentials.tsv"));
}

#[test]
fn hidden_text_is_found_to_the_byte() {
    let scanner = scanner();
    let mut failures = Vec::new();
    let rows = rows(include_str!("../data/hidden.tsv"));
    for row in &rows {
        let [kind, text, stretch] = row.as_slice() else {
            panic!("a row needs three columns: {row:?}");
        };
        let found = scan(&scanner, text);
        let exact = matches!(found.as_slice(), [only]
            if only.kind.name() == kind && &text[only.span.clone()] == stretch);
        if !exact {
            failures.push(format!("{} in {text:?}: {found:?}", kind));
        }
    }
    report(&failures, rows.len());
}

/// Rows of a verdict, a text and, for a hit, what exactly is found.
fn check_kind(kind: Kind, table: &str) {
    let scanner = scanner();
    let rows = rows(table);
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [hit, text, expected] if hit == "+" => {
                let exact = found(&scanner, kind, text).iter().any(|found| found == expected);
                (!exact).then(|| format!("+ {text:?}: found {:?}", found(&scanner, kind, text)))
            }
            [miss, text] if miss == "-" => {
                let found = found(&scanner, kind, text);
                (!found.is_empty()).then(|| format!("- {text:?}: found {found:?}"))
            }
            other => Some(format!("a row like this is unknown: {other:?}")),
        })
        .collect();
    report(&failures, rows.len());
}

/// Rows of a verdict, a kind and a text.
fn check_named(table: &str) {
    let scanner = scanner();
    let rows = rows(table);
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let [verdict, name, text] = row.as_slice() else {
                return Some(format!("a row needs three columns: {row:?}"));
            };
            let kind = Kind::from_name(name).expect("a known kind");
            let found = found(&scanner, kind, text);
            (found.is_empty() == (verdict == "+")).then(|| format!("{verdict} {text:?}: {found:?}"))
        })
        .collect();
    report(&failures, rows.len());
}

fn found(scanner: &Scanner, kind: Kind, text: &str) -> Vec<String> {
    scan(scanner, text)
        .into_iter()
        .filter(|finding| finding.kind == kind)
        .map(|finding| text[finding.span].to_owned())
        .collect()
}

fn report(failures: &[String], rows: usize) {
    assert!(failures.is_empty(), "{} of {rows} rows failed:\n{}", failures.len(), failures.join("\n"));
    println!("{rows} rows passed");
}
