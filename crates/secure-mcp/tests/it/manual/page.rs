//! The commands and outputs of a page, in their order.

/// A command and how it has to end.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its line in the page.
    pub line: usize,
    /// The command without its remark.
    pub text: String,
    /// 0, or what the remark `# exit code N` says.
    pub exit: i32,
}

/// One thing that a page says.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// To be typed.
    Command(Command),
    /// What the command before it prints.
    Output {
        /// The first line's number in the page.
        line: usize,
        /// The lines.
        lines: Vec<String>,
    },
}

/// Kinds of blocks that hold no commands and no output.
const OTHER_KINDS: [&str; 4] = ["", "json", "toml", "cedar"];

const FENCE: &str = "```";

/// Reads a page; what it cannot read is an error that begins with the line's number.
pub fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    while let Some((number, line)) = lines.next() {
        outside(number, line)?;
        let Some(kind) = line.strip_prefix(FENCE) else {
            if line.trim_start().starts_with(FENCE) || line.trim_start().starts_with("~~~") {
                return Err(format!("{number}: a block begins with ``` at the start of its line"));
            }
            continue;
        };
        let mut block = Vec::new();
        loop {
            match lines.next() {
                None => return Err(format!("{number}: the block does not end")),
                Some((_, FENCE)) => break,
                Some(line) => block.push(line),
            }
        }
        match kind {
            "console" => pieces.extend(commands(number, &block, typed)?),
            "sh" => pieces.extend(commands(number, &block, written)?),
            "text" if block.is_empty() => return Err(format!("{number}: the block is empty")),
            "text" => {
                let lines = block.into_iter().map(|(_, line)| line.to_owned()).collect();
                pieces.push(Piece::Output { line: number + 1, lines });
            }
            kind if OTHER_KINDS.contains(&kind) => {
                block.iter().try_for_each(|(number, line)| outside(*number, line))?;
            }
            kind => return Err(format!("{number}: nobody knows what to do with a block of `{kind}`")),
        }
    }
    Ok(pieces)
}

fn outside(number: usize, line: &str) -> Result<(), String> {
    let is_typed = line.trim_start().starts_with("$ ");
    if is_typed { Err(format!("{number}: a command outside a console block")) } else { Ok(()) }
}

fn commands(
    number: usize,
    block: &[(usize, &str)],
    read: fn(&str) -> Result<Option<&str>, &'static str>,
) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    for (line, text) in block {
        if let Some(text) = read(text).map_err(|why| format!("{line}: {why}"))? {
            pieces.push(Piece::Command(command(*line, text)?));
        }
    }
    if pieces.is_empty() { Err(format!("{number}: the block has no command")) } else { Ok(pieces) }
}

fn typed(line: &str) -> Result<Option<&str>, &'static str> {
    line.strip_prefix("$ ")
        .map(Some)
        .ok_or("the line does not begin with `$ `; put output into a ```text block")
}

fn written(line: &str) -> Result<Option<&str>, &'static str> {
    Ok(Some(line).filter(|line| !line.trim().is_empty() && !line.starts_with('#')))
}

fn command(line: usize, text: &str) -> Result<Command, String> {
    if text.ends_with('\\') {
        return Err(format!("{line}: a command stands on one line"));
    }
    let (text, remark) = text.split_once("  #").unwrap_or((text, ""));
    let exit = match remark.split_once("exit code ") {
        Some((_, number)) => {
            number.trim().parse().map_err(|_| format!("{line}: `{remark}` is no exit code"))?
        }
        None => 0,
    };
    Ok(Command { line, text: text.trim().to_owned(), exit })
}
