//! Where invisible characters are part of the writing: emoji sequences and living scripts.
//!
//! Everything else that `hidden` lists is hidden text. The rules look at the neighbours
//! only, so that taking out one hidden character never makes another one legitimate.

/// The end of the legitimate sequence that the invisible character at `at` belongs to,
/// `None` where it is hidden text.
pub(crate) fn legitimate_end(text: &str, at: usize, character: char) -> Option<usize> {
    let end = at + character.len_utf8();
    let before = text.get(..at)?.chars().next_back();
    let after = text.get(end..)?.chars().next();
    let legitimate = match character {
        '\u{FEFF}' => at == 0,
        '\u{200D}' => joins_emoji(text.get(..at)?, after) || joins_script(before, after, character),
        '\u{200C}' => joins_script(before, after, character),
        '\u{200B}' => before.is_some_and(is_unspaced) && after.is_some_and(is_unspaced),
        '\u{200E}' | '\u{200F}' | '\u{61C}' => {
            before.is_some_and(is_right_to_left) || after.is_some_and(is_right_to_left)
        }
        '\u{FE0E}' | '\u{FE0F}' => selects_presentation(before, after),
        '\u{FE00}'..='\u{FE0D}' => before.is_some_and(has_variants),
        '\u{E0100}'..='\u{E01EF}' => before.is_some_and(is_ideograph),
        '\u{E0020}'..='\u{E007F}' => return flag_end(text, at, before),
        '\u{180B}'..='\u{180F}' => before.is_some_and(is_mongolian),
        '\u{115F}' | '\u{1160}' => before.is_some_and(is_old_hangul) || after.is_some_and(is_old_hangul),
        '\u{34F}' => before.is_some_and(is_hebrew),
        _ => false,
    };
    legitimate.then_some(end)
}

/// Whether the character may be dropped together with a neighbour it was joined to.
pub(crate) const fn is_joiner(character: char) -> bool {
    matches!(character,
        '\u{200B}'..='\u{200F}' | '\u{61C}' | '\u{34F}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}' | '\u{E0020}'..='\u{E007F}' | '\u{180B}'..='\u{180F}'
        | '\u{115F}' | '\u{1160}' | '\u{FEFF}')
}

/// UTS #51: a joiner stands between two pictographs, the first perhaps with a selector.
fn joins_emoji(before: &str, after: Option<char>) -> bool {
    let mut backwards = before.chars().rev();
    let first = match backwards.next() {
        Some('\u{FE0F}') => backwards.next(),
        other => other,
    };
    first.is_some_and(is_pictograph) && after.is_some_and(is_pictograph)
}

/// Joiners control the shape of letters in cursive and conjoining scripts. At the end of a
/// word they show an Arabic letter's joined form or what a virama does to the letter before.
fn joins_script(before: Option<char>, after: Option<char>, character: char) -> bool {
    let Some(before) = before.filter(|c| is_joining_script(*c)) else {
        return false;
    };
    match after {
        Some(after) if is_joining_script(after) => true,
        Some(after) if crate::hidden::is_invisible(after) => false,
        _ => is_virama(before) || character == '\u{200D}' && is_right_to_left(before),
    }
}

/// A selector follows a pictograph, or a key-cap base that the key-cap sign closes.
fn selects_presentation(before: Option<char>, after: Option<char>) -> bool {
    match before {
        Some('0'..='9' | '#' | '*') => after == Some('\u{20E3}'),
        Some(character) => is_pictograph(character),
        None => false,
    }
}

/// A black flag, three to six tag letters or digits and the closing tag: a region's flag.
fn flag_end(text: &str, at: usize, before: Option<char>) -> Option<usize> {
    if before != Some('\u{1F3F4}') {
        return None;
    }
    let mut letters = 0;
    for (offset, character) in text.get(at..)?.char_indices() {
        match character {
            '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}' if letters < 6 => letters += 1,
            '\u{E007F}' if letters >= 3 => return Some(at + offset + character.len_utf8()),
            _ => return None,
        }
    }
    None
}

const fn is_pictograph(character: char) -> bool {
    matches!(character,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{2460}'..='\u{24FF}'
        | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{1F000}'..='\u{1FAFF}')
}

fn is_joining_script(character: char) -> bool {
    !character.is_numeric()
        && matches!(character,
            '\u{600}'..='\u{60B}' | '\u{610}'..='\u{61A}' | '\u{620}'..='\u{7FF}'
            | '\u{860}'..='\u{DFF}' | '\u{F00}'..='\u{109F}' | '\u{1780}'..='\u{180A}'
            | '\u{1810}'..='\u{18AF}' | '\u{1900}'..='\u{1C4F}' | '\u{A800}'..='\u{ABFF}'
            | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10A00}'..='\u{114FF}')
}

/// The sign that takes the vowel off a letter, in the scripts from Devanagari to Sinhala.
const fn is_virama(character: char) -> bool {
    matches!(
        character,
        '\u{94D}'
            | '\u{9CD}'
            | '\u{A4D}'
            | '\u{ACD}'
            | '\u{B4D}'
            | '\u{BCD}'
            | '\u{C4D}'
            | '\u{CCD}'
            | '\u{D4D}'
            | '\u{DCA}'
    )
}

/// Scripts that write words without spaces and mark the breaks with a zero-width space.
const fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{E01}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{1950}'..='\u{19DF}')
}

const fn is_right_to_left(character: char) -> bool {
    matches!(character,
        '\u{590}'..='\u{60B}' | '\u{60D}'..='\u{61A}' | '\u{61B}' | '\u{61E}'..='\u{8FF}'
        | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

const fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Characters with standardised variants: mathematics, Myanmar, ideographs and CJK marks.
const fn has_variants(character: char) -> bool {
    is_ideograph(character)
        || matches!(character, '\u{2200}'..='\u{22FF}' | '\u{2A00}'..='\u{2AFF}'
            | '\u{1000}'..='\u{109F}' | '\u{3000}'..='\u{303F}' | '\u{FF01}'..='\u{FF1F}')
}

const fn is_mongolian(character: char) -> bool {
    matches!(character, '\u{1820}'..='\u{18AA}')
}

const fn is_old_hangul(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{115E}' | '\u{1161}'..='\u{11FF}'
        | '\u{A960}'..='\u{A97C}' | '\u{D7B0}'..='\u{D7FB}')
}

const fn is_hebrew(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{5FF}' | '\u{FB1D}'..='\u{FB4F}')
}
