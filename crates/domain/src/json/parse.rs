//! The reader: one pass over the bytes, RFC 8259 and nothing more lenient.

use super::{Json, JsonError, JsonLimits};
use std::collections::HashSet;

/// Up to here a linear look for a duplicate key is faster than a set.
const FEW_KEYS: usize = 16;

pub(super) fn parse(bytes: &[u8], limits: JsonLimits) -> Result<Json, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    let mut reader = Reader { text, at: 0, values: 0, limits };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at == text.len() { Ok(value) } else { Err(reader.wrong()) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    limits: JsonLimits,
}

impl Reader<'_> {
    fn wrong(&self) -> JsonError {
        JsonError::Syntax { at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, sign: u8) -> Result<(), JsonError> {
        if self.peek() == Some(sign) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(JsonError::TooMany { limit: self.limits.values });
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            _ => Err(self.wrong()),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.wrong())
        }
    }

    fn descend(&self, depth: usize) -> Result<usize, JsonError> {
        if depth < self.limits.depth {
            Ok(depth + 1)
        } else {
            Err(JsonError::TooDeep { limit: self.limits.depth })
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        let depth = self.descend(depth)?;
        self.expect(b'[')?;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::Array(items));
                }
                _ => return Err(self.wrong()),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        let depth = self.descend(depth)?;
        self.expect(b'{')?;
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            let known = if members.len() < FEW_KEYS {
                members.iter().any(|(name, _)| *name == key)
            } else {
                if seen.is_empty() {
                    seen.extend(members.iter().map(|(name, _)| name.clone()));
                }
                !seen.insert(key.clone())
            };
            if known {
                return Err(JsonError::DuplicateKey { at: self.at });
            }
            self.blanks();
            self.expect(b':')?;
            let value = self.value(depth)?;
            members.push((key, value));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return Err(self.wrong()),
            }
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|sign| sign != b'"' && sign != b'\\' && sign >= 0x20) {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).ok_or_else(|| self.wrong())?);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.wrong()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.expect(b'\\')?;
        let sign = self.peek().ok_or_else(|| self.wrong())?;
        let plain = match sign {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.wrong()),
        };
        self.at += 1;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let start = self.at - 1;
        let first = self.four_digits()?;
        let lone = JsonError::LoneSurrogate { at: start };
        let code = match first {
            0xd800..=0xdbff => {
                if self.peek() != Some(b'\\') {
                    return Err(lone);
                }
                self.at += 1;
                if self.peek() != Some(b'u') {
                    return Err(lone);
                }
                let second = self.four_digits()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(lone);
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            0xdc00..=0xdfff => return Err(lone),
            other => other,
        };
        char::from_u32(code).ok_or(lone)
    }

    /// Reads `uXXXX`, the `u` included.
    fn four_digits(&mut self) -> Result<u32, JsonError> {
        self.expect(b'u')?;
        let mut code = 0;
        for _ in 0..4 {
            let digit =
                self.peek().and_then(|sign| char::from(sign).to_digit(16)).ok_or_else(|| self.wrong())?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|sign| sign.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        let mut is_integer = true;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.wrong());
        }
        if self.peek() == Some(b'.') {
            is_integer = false;
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.wrong());
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            is_integer = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.wrong());
            }
        }
        let token = self.text.get(start..self.at).ok_or_else(|| self.wrong())?;
        let in_range = if is_integer {
            token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok()
        } else {
            token.parse::<f64>().is_ok_and(f64::is_finite)
        };
        if in_range { Ok(Json::Number(token.into())) } else { Err(JsonError::NumberRange { at: start }) }
    }
}
