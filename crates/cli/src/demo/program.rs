//! Which program the demo runs: Python if the machine has it, else what else it can isolate.

use domain::{Clock as _, SystemClock};
use serde_json::{Value, json};

/// The tool that the demo likes best.
pub(super) const FIRST_CHOICE: &str = "python-runner";

/// A call that adds the numbers up to 100.
#[derive(Debug, PartialEq)]
pub(super) struct Program {
    pub(super) tool: &'static str,
    pub(super) arguments: Value,
}

impl Program {
    /// The first that one of the `offered` tools can run.
    pub(super) fn of(offered: &[Value]) -> Option<Self> {
        let choices: [(&'static str, Option<&str>, &str); 3] = [
            (FIRST_CHOICE, None, "print(sum(range(101)))"),
            ("code-executor", Some("bash"), "i=0; s=0; while ((i++ < 100)); do ((s += i)); done; echo $s"),
            (
                "code-executor",
                Some("javascript"),
                "let s = 0; for (let i = 1; i < 101; i++) s += i; console.log(s)",
            ),
        ];
        choices
            .into_iter()
            .find(|(tool, language, _)| is_offered(offered, tool, *language))
            .map(|(tool, language, code)| Self { tool, arguments: arguments(language, code) })
    }

    /// The first choice, offered or not.
    pub(super) fn first_choice() -> Self {
        Self { tool: FIRST_CHOICE, arguments: arguments(None, "print(sum(range(101)))") }
    }
}

/// May run for 60 s, which the sample policy lets nobody do alone. The moment makes every demo ask for an
/// approval of its own; no program reads its input.
fn arguments(language: Option<&str>, code: &str) -> Value {
    let mut arguments =
        json!({ "code": code, "stdin": format!("demo {}", SystemClock.now().0), "timeout_ms": 60_000 });
    if let (Some(language), Some(members)) = (language, arguments.as_object_mut()) {
        members.insert("language".to_owned(), language.into());
    }
    arguments
}

fn is_offered(offered: &[Value], tool: &str, language: Option<&str>) -> bool {
    let Some(found) = offered.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(tool)) else {
        return false;
    };
    let languages = found.pointer("/inputSchema/properties/language/enum").and_then(Value::as_array);
    language.is_none_or(|language| {
        languages.is_some_and(|names| names.iter().any(|name| name.as_str() == Some(language)))
    })
}

#[cfg(test)]
mod tests {
    use super::Program;
    use serde_json::{Value, json};

    fn executor(languages: &[&str]) -> Value {
        let language = json!({ "type": "string", "enum": languages });
        json!({ "name": "code-executor", "inputSchema": { "properties": { "language": language } } })
    }

    fn chosen(offered: &[Value]) -> Option<(&'static str, Option<String>)> {
        let program = Program::of(offered)?;
        let language = program.arguments.get("language").and_then(Value::as_str).map(str::to_owned);
        Some((program.tool, language))
    }

    #[test]
    fn the_demo_runs_what_the_machine_has() {
        let python = json!({ "name": "python-runner", "inputSchema": {} });
        assert_eq!(chosen(&[executor(&["python", "bash"]), python]), Some(("python-runner", None)));
        assert_eq!(
            chosen(&[executor(&["javascript", "bash"])]),
            Some(("code-executor", Some("bash".into())))
        );
        assert_eq!(chosen(&[executor(&["javascript"])]), Some(("code-executor", Some("javascript".into()))));
        assert_eq!(chosen(&[executor(&["ruby"])]), None);
        assert_eq!(chosen(&[]), None);
    }
}
