//! Requests byte for byte, over a plain socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Where a request goes, and as whom.
#[derive(Clone)]
pub struct Place {
    pub port: u16,
    pub token: String,
}

/// What came back.
pub struct Said {
    /// 0 if nothing did.
    pub status: u16,
    /// The whole answer, and behind an upgrade what came then.
    pub bytes: Vec<u8>,
    /// The WebSocket's close code.
    pub close: Option<u16>,
}

/// An answer takes milliseconds; a loaded machine may take a thousand times that.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Sends `head` (one line each, without the empty one behind it) and `body`, then `frames`.
pub fn ask(place: &Place, head: &str, body: &str, frames: &[String]) -> Said {
    let body = filled(body, place, 0);
    let lines = filled(head, place, body.len());
    let request = format!("{}\r\n\r\n{body}", lines.trim_end_matches('\n').replace('\n', "\r\n"));
    let mut stream = TcpStream::connect(("127.0.0.1", place.port)).unwrap();
    stream.set_read_timeout(Some(ANSWER_TIME)).unwrap();
    // A server that has read enough answers and hangs up before everything is sent.
    let _hung_up = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let Some(end) = read_head(&mut stream, &mut bytes) else { return Said { status: 0, bytes, close: None } };
    let status = std::str::from_utf8(&bytes[9..12]).unwrap().parse().unwrap();
    if status != 101 {
        read_body(&mut stream, &mut bytes, end);
        return Said { status, bytes, close: None };
    }
    if frames.is_empty() {
        return Said { status, bytes, close: None };
    }
    for frame in frames {
        let _hung_up = stream.write_all(&frame_of(frame));
    }
    let start = bytes.len();
    let _reset = stream.read_to_end(&mut bytes);
    let close = close_code(&bytes[start..]);
    Said { status, bytes, close }
}

/// Reads to the end of the head; `None` if there is none.
fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<usize> {
    let mut piece = [0; 4096];
    loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            return Some(at + 4);
        }
        match stream.read(&mut piece) {
            Ok(0) => return None,
            Ok(count) => bytes.extend(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("no answer in time"),
            Err(_) => return None,
        }
    }
}

fn read_body(stream: &mut TcpStream, bytes: &mut Vec<u8>, start: usize) {
    let head = String::from_utf8_lossy(&bytes[..start]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut piece = [0; 4096];
    while bytes.len() < start + length {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend(&piece[..count]),
        }
    }
}

/// `{host}`, `{port}`, `{token}`, `{length}`, `{repeat N x}`, `{lines N x}`.
fn filled(text: &str, place: &Place, length: usize) -> String {
    let mut text = text
        .replace("{host}", &format!("127.0.0.1:{}", place.port))
        .replace("{port}", &place.port.to_string())
        .replace("{token}", &place.token)
        .replace("{length}", &length.to_string());
    for (word, between) in [("{repeat ", ""), ("{lines ", "\n")] {
        while let Some(start) = text.find(word) {
            let rest = &text[start + word.len()..];
            let (times, rest) = rest.split_once(' ').unwrap();
            // What is repeated may itself be a bracket.
            let end = rest.char_indices().skip(1).find(|(_, sign)| *sign == '}').unwrap().0;
            let many = vec![&rest[..end]; times.parse().unwrap()].join(between);
            let after = text.len() - rest.len() + end + 1;
            text = format!("{}{many}{}", &text[..start], &text[after..]);
        }
    }
    text
}

/// A frame as `gate-attacks.toml` describes it.
fn frame_of(said: &str) -> Vec<u8> {
    if let Some(hex) = said.strip_prefix("hex ") {
        let many = |said: &str| {
            let (byte, times) = said.split_once('*').unwrap_or((said, "1"));
            vec![u8::from_str_radix(byte, 16).unwrap(); times.parse().unwrap()]
        };
        return hex.split(' ').flat_map(many).collect();
    }
    if let Some(rest) = said.strip_prefix("a text frame that says it has ") {
        let length: u64 = rest.trim_end_matches(" bytes").parse().unwrap();
        return [&[0x81, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
    }
    let (count, length) = said.strip_prefix("pieces: ").and_then(|rest| rest.split_once(" of ")).unwrap();
    let length: u64 = length.trim_end_matches(" bytes").parse().unwrap();
    let mut bytes = Vec::new();
    for number in 0..count.parse::<u32>().unwrap() {
        let first = if number == 0 { 0x01 } else { 0x00 };
        bytes.extend([&[first, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat());
        bytes.extend(vec![b'x'; usize::try_from(length).unwrap()]);
    }
    bytes
}

/// The code of the first close frame; the server's frames are short and have no mask.
fn close_code(mut bytes: &[u8]) -> Option<u16> {
    while let [first, length, rest @ ..] = bytes {
        let length = usize::from(*length);
        match (first, rest) {
            (0x88, [high, low, ..]) => return Some(u16::from_be_bytes([*high, *low])),
            _ => bytes = rest.get(length..)?,
        }
    }
    None
}
