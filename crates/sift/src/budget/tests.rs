//! What a text costs, in steps: on a straight line for every input, however it is built.

use super::Budget;
use crate::ScannerConfig;
use crate::gate;
use crate::limits::{STEPS_PER_BYTE, ScanError};
use crate::page::Page;
use crate::scanner::{Context, Scanner};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// No input known takes more than half of what it may, so that none that is honest is refused.
const MOST_PER_BYTE: usize = STEPS_PER_BYTE / 2;

/// Built to wake a recogniser again and again, or to send it far: each is repeated.
const HOSTILE: [&str; 76] = [
    // tokens and keys
    "eyJ=",
    "eyJ-",
    "eyJ.",
    "eyJhbGciOiJIUzI1.",
    "eyJhbGciOiJIUzI1=.",
    "putty-user-key-file-",
    "PuTTY-User-Key-File-",
    "PuTTY-User-Key-File-\n",
    "-BEGIN PRIVATE KEY-\n",
    "-END PRIVATE KEY-",
    "----BEGIN PRIVATE KEY----\n",
    "AAAA-END PRIVATE KEY-",
    "-BEGIN PRIVATE KEY-AAAA",
    "PRIVATE KEY",
    "authorization:",
    "authorization: $",
    "authorization=a1B2c3D4.",
    "authorization:......",
    "bearer ",
    "https://a:b@",
    "://a:",
    "://",
    "pwd=",
    "pwd=1a",
    "pwd=\"1a",
    "password=(1a",
    "token=$A,",
    "AKIAQ7XK2LMZ6RTB4VNC ",
    "AKIAQ7XK2LMZ6RTB4VNC,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,",
    "/ABSK",
    "----pypi-",
    // people
    "@",
    "a@",
    "a@a.",
    "a@b.cc ",
    "a.b@c.d.e.f.gg,",
    "é@é.",
    "phone 5550143 ",
    "+1 ",
    "+44 20 ",
    "(0)",
    "00",
    "4111 ",
    "4 1 1 1 ",
    "4111111111111111",
    "123-45-6789 ",
    "123456789 ",
    "DE44 5001 0517 5407 3249 31 ",
    "DE1",
    "1 ",
    "1.",
    "*1",
    "1.2.3.4 ",
    ":",
    "a:",
    "::1 ",
    ": ",
    "| 123-45-6789 ",
    "||||||||||||||||1 ",
    // encodings
    "QUJDREVGR0hJSktM ",
    "QUJDREVGR0hJSktM\n",
    "616e6e61",
    "616e6e61206d75737465720a_",
    "%41",
    "%",
    "\\u0041",
    "&#64;",
    "&",
    "a@b.cc%20",
    // hidden text
    "\u{200B}",
    "\u{202E}a",
    "\u{1B}]",
    "\u{1B}[1",
    "\u{9D}",
    "\u{1F3F4}\u{E0061}\u{E0061}",
    "\u{FF14}",
];

fn scanner() -> Scanner {
    Scanner::new(ScannerConfig::default()).unwrap()
}

fn repeated(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes.div_ceil(piece.len()))
}

/// Steps that reading `text` takes, whether it ends in findings or in an error.
fn steps(scanner: &Scanner, text: &str) -> usize {
    let budget = Budget::for_bytes(text.len());
    let all = budget.left();
    let _ = scanner.sift_within(text, Context::none(), &budget);
    all - budget.left()
}

/// Twice the text is twice the steps, and few of them for each byte. Gives the steps for a byte.
fn check(scanner: &Scanner, piece: &str, bytes: usize) -> usize {
    let once = steps(scanner, &repeated(piece, bytes));
    let twice = steps(scanner, &repeated(piece, 2 * bytes));
    assert!(twice <= 2 * once + once / 8, "{piece:?}: {once} steps, and for twice the text {twice}");
    assert!(twice <= 2 * bytes * MOST_PER_BYTE, "{piece:?}: {} steps a byte", twice / bytes / 2);
    twice / bytes / 2
}

#[test]
fn steps_grow_with_the_text_and_no_faster() {
    // The longest look ahead is 64 KiB: in texts of a quarter and of half of that it is no straight line.
    const BYTES: usize = 16 * 1024;
    let scanner = scanner();
    let mut pieces: Vec<String> = HOSTILE.map(str::to_owned).to_vec();
    for hostile in ["pwd=", "token:", "a@b.cc ", "eyJ=", "4111 "] {
        let text = STANDARD.encode(hostile.repeat(200));
        pieces.push(format!("{} ", STANDARD.encode(&text)));
        pieces.push(format!("{text} "));
        pieces.push(format!("{hostile}a@b.cc"));
        pieces.push(format!("{hostile}%41"));
    }
    let costs = pieces.iter().map(|piece| (check(&scanner, piece, BYTES), piece));
    let (steps, dearest) = costs.max().unwrap();
    println!("{} inputs; the dearest takes {steps} steps a byte: {:.40?}", pieces.len(), dearest);
}

#[test]
fn every_keyword_costs_the_same_however_often_it_stands() {
    let scanner = scanner();
    let words: Vec<&str> = gate::keywords().map(|(word, _)| word).collect();
    for glue in ["", "=", ":", "-", ".", " 1a"] {
        for word in &words {
            check(&scanner, &format!("{word}{glue}"), 2048);
        }
    }
    println!("{} keywords", words.len());
}

#[test]
fn a_text_that_takes_more_than_its_share_is_an_error() {
    let scanner = scanner();
    let text = "call 5550143 or write to ann@example.com";
    let budget = Budget::for_bytes(0);
    budget.count(budget.left() - 50);
    let sifted = scanner.sift_within(text, Context::none(), &budget);
    assert_eq!(sifted.unwrap_err(), ScanError::TooMuchWork);
    assert_eq!(scanner.scan(text, Context::none()).unwrap().len(), 2);
}

#[test]
fn a_mark_ahead_is_looked_for_once() {
    let text = format!("{}----{}", "x".repeat(1000), "x".repeat(1000));
    let budget = Budget::for_bytes(text.len());
    let page = Page::new(&text, crate::page::Key::default(), &budget);
    let mut ahead = crate::ahead::Ahead::new("----");
    let all = budget.left();
    for from in 0..text.len() {
        let expected = text[from..].find("----").map(|at| from + at);
        assert_eq!(ahead.of(&page, from), expected, "{from}");
    }
    assert!(all - budget.left() <= text.len());
}
