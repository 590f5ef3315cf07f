//! Ordinary text stays as it is: no findings, not one byte changed.

use sift::{Action, apply};

use crate::table::{rows, scan, scanner};

#[test]
fn ordinary_text_has_no_findings() {
    let scanner = scanner();
    let mut failures = Vec::new();
    let texts = rows(include_str!("../data/benign.tsv"));
    for text in texts.iter().flatten() {
        let found = scan(&scanner, text);
        if !found.is_empty() || apply(text, &found, Action::Redact) != *text {
            failures.push(format!("{text:?}: {found:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{} texts passed", texts.len());
}

#[test]
fn ordinary_texts_in_one_have_no_findings() {
    let scanner = scanner();
    let texts: Vec<String> = rows(include_str!("../data/benign.tsv")).concat();
    let found = scan(&scanner, &texts.join("\n"));
    assert!(found.is_empty(), "{found:?}");
}
