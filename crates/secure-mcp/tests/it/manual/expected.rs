//! What a page shows, found in what was printed: the words have to be there, in their order; numbers,
//! times and ids are those of another run.

/// Ids of calls have 26 signs; hashes in hexadecimal have 64.
const MIN_ID: usize = 26;

/// Each line is in `output`, in this order. `…` stands for anything, also for lines.
pub fn found_in(lines: &[String], output: &str) -> Result<(), String> {
    let mut printed = output.lines().map(loose);
    for line in lines.iter().filter(|line| line.trim() != "…") {
        let wanted = loose(line);
        if !printed.any(|line| is_like(&wanted, &line)) {
            return Err(format!("`{line}` is not in what was printed:\n{output}"));
        }
    }
    Ok(())
}

/// `wanted` may leave out what stands at its `…`.
fn is_like(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut is_whole = true;
    for part in parts {
        let Some(at) = rest.find(part.trim()) else { return false };
        rest = &rest[at + part.trim().len()..];
        is_whole = part.is_empty();
    }
    rest.is_empty() || (wanted.contains('…') && is_whole)
}

/// One blank for many, `#` for a number, `ID` for an id.
fn loose(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let mut out = String::new();
        let mut piece = String::new();
        for sign in word.chars().chain(Some(' ')) {
            if sign.is_ascii_alphanumeric() {
                piece.push(sign);
                continue;
            }
            let has = |test: fn(&char) -> bool| piece.chars().any(|sign| test(&sign));
            if piece.len() >= MIN_ID && has(char::is_ascii_digit) && has(char::is_ascii_lowercase) {
                out.push_str("ID");
            } else {
                out.push_str(&numbers(&piece));
            }
            piece.clear();
            out.push(sign);
        }
        out.trim_end().to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn numbers(piece: &str) -> String {
    let mut out = String::new();
    for sign in piece.chars() {
        if !sign.is_ascii_digit() {
            out.push(sign);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

#[test]
fn numbers_times_and_ids_are_loose_and_words_are_not() {
    let printed =
        "    51  2026-11-24T12:25:47.277Z  refused  call 01m86r9xfemwck59gm4xegf5vf  4 ms\nb: {\"c\":1}";
    for (wanted, holds) in [
        ("7 2025-01-02T03:04:05.6Z refused  call 01m86jb7yg38ff2e3zp1695xfx  120 ms", true),
        ("7 2025-01-02T03:04:05.6Z allowed  call 01m86jb7yg38ff2e3zp1695xfx  120 ms", false),
        ("7 2025-01-02T03:04:05.6Z refused  call none  120 ms", false),
        ("7 … refused  …", true),
        ("7 … refused", false),
        ("… refused … ms", true),
        ("…\nb: {\"c\":2}", true),
        ("b: {\"d\":2}", false),
        ("b: …\n7 … refused …", false),
    ] {
        let lines: Vec<String> = wanted.lines().map(str::to_owned).collect();
        assert_eq!(found_in(&lines, printed).is_ok(), holds, "{wanted}");
    }
}
