//! The attacks on policy: each is refused by a running server, and each refusal is a record.

use crate::BINARY;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use testkit::{Server, modern};

const CASES: &str = include_str!("policy-attacks.json");

/// A server whose folder goes back to the sample after each case.
struct House {
    server: Server,
    /// The approval that a case waits for.
    pending: String,
    /// Index of the last record that a check has looked at.
    looked: u64,
}

fn text<'a>(step: &'a Value, name: &str) -> Option<&'a str> {
    step[name].as_str()
}

impl House {
    async fn open() -> Self {
        Self { server: Server::start(BINARY).await, pending: String::new(), looked: 0 }
    }

    fn token(&self, step: &Value, audience: &str) -> String {
        let data_dir = self.server.data_dir();
        let person = text(step, "as").or(text(step, "list")).unwrap_or("root");
        let client = text(step, "via").unwrap_or("quickstart");
        let mut asked = vec!["token", "create", "--person", person, "--client", client, "--audience"];
        asked.extend([audience, "--data-dir", data_dir.to_str().unwrap()]);
        // Only without a server can the owner make a token of any tenant, so the running one is asked.
        asked.extend(text(step, "tenant").into_iter().flat_map(|tenant| ["--tenant", tenant]));
        let made = self.server.command(&asked);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    }

    /// Status and body of a request over the owner's socket.
    fn admin(&self, request: &str, body: Option<&Value>, token: &str) -> (u16, Value) {
        let (method, path) = request.split_once(' ').unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = UnixStream::connect(self.server.data_dir().join("admin.sock")).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
    }

    /// Writes `[file, from, to]` rows into the folder; a file of which nothing is replaced is new.
    fn change(&self, rows: &Value) {
        for row in rows.as_array().unwrap() {
            let [file, from, to] = [0, 1, 2].map(|at| row[at].as_str().unwrap());
            let path = self.server.folder().join("policies").join(file);
            if from.is_empty() {
                fs::write(path, to).unwrap();
                continue;
            }
            let before = fs::read_to_string(&path).unwrap();
            assert_eq!(before.matches(from).count(), 1, "{file}: {from}");
            fs::write(path, before.replace(from, to)).unwrap();
        }
    }

    fn folder(&self) -> Vec<(std::path::PathBuf, String)> {
        let entries = fs::read_dir(self.server.folder().join("policies")).unwrap();
        let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files.map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
    }

    fn put_back(&self, kept: &[(std::path::PathBuf, String)]) {
        for (path, _) in self.folder().iter().filter(|(path, _)| !kept.iter().any(|(known, _)| known == path))
        {
            fs::remove_file(path).unwrap();
        }
        kept.iter().for_each(|(path, text)| fs::write(path, text).unwrap());
    }

    fn accept(&self, step: &Value) -> (u16, Value) {
        let token = self.token(step, "admin");
        self.admin("POST /api/policy/accept", Some(&json!({})), &token)
    }

    async fn ask(&self, step: &Value, method: &str, params: Value) -> Value {
        let token = self.token(step, "mcp");
        self.server.post(Some(&token), &modern(1, method, params)).await.json()
    }

    async fn call(&self, step: &Value) -> Value {
        self.ask(step, "tools/call", json!({ "name": step["call"], "arguments": step["arguments"] })).await
    }

    /// What a call was refused with; `None` if it was answered.
    fn refusal(answer: &Value) -> Option<String> {
        if answer["error"].is_object() {
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            return Some("unknown_tool".to_owned());
        }
        let result = &answer["result"];
        let code = result["_meta"]["secure-mcp/refusal"]["code"].as_str().map(str::to_owned);
        assert_eq!(code.is_some(), result["isError"] == true, "{answer}");
        code
    }

    /// True if a `refused` record of this code was written since the last look.
    fn is_recorded(&mut self, code: &str, client: &str) -> bool {
        let tail =
            ["audit", "tail", "--count", "20", "--config", "server.toml", "--json", "--person", "root"];
        let said = self.server.command(&[&tail[..], &["--client", client]].concat()).stdout;
        let said = String::from_utf8(said).unwrap();
        let records: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let looked = std::mem::replace(&mut self.looked, records.last().unwrap()["index"].as_u64().unwrap());
        records.iter().any(|record| {
            record["index"].as_u64().unwrap() > looked
                && record["event"] == "refused"
                && record["record"]["status_code"] == code
        })
    }

    /// Carries one step out. What it says of the refusal, if the step wants one.
    async fn step(&mut self, step: &Value) -> Result<(), String> {
        if let Some(rows) = step.get("accept") {
            self.change(rows);
            let (status, answer) = self.accept(step);
            return if status == 200 { Ok(()) } else { Err(format!("not accepted: {answer}")) };
        }
        if let Some(person) = text(step, "list") {
            let answer = self.ask(step, "tools/list", json!({})).await;
            let tools = answer["result"]["tools"].as_array().ok_or_else(|| answer.to_string())?;
            let listed: BTreeSet<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
            let leaked =
                step["lacks"].as_array().unwrap().iter().find(|tool| listed.contains(tool.as_str().unwrap()));
            return leaked.map_or(Ok(()), |tool| Err(format!("{person} sees {tool}")));
        }
        let found = if step.get("call").is_some() {
            Self::refusal(&self.call(step).await)
        } else if let Some(tool) = step.get("pend") {
            let call = json!({ "call": tool, "as": step["as"], "arguments": step["arguments"] });
            let answer = self.call(&call).await;
            let id = &answer["result"]["_meta"]["secure-mcp/refusal"]["approval_id"];
            self.pending = id.as_str().ok_or_else(|| answer.to_string())?.to_owned();
            return Ok(());
        } else {
            let kept = self.folder();
            let (status, answer) = if let Some(rows) = step.get("attempt") {
                self.change(rows);
                self.accept(step)
            } else if let Some(decision) = step.get("decide") {
                let path = format!("POST /api/approvals/{}", self.pending);
                self.admin(&path, Some(&json!({ "decision": decision })), &self.token(step, "admin"))
            } else {
                let token = self.token(step, text(step, "audience").unwrap_or("admin"));
                self.admin(text(step, "admin").unwrap(), step.get("body"), &token)
            };
            self.put_back(&kept);
            let cause = answer["cause"].as_str().unwrap_or_default();
            if let Some(said) = text(step, "says").filter(|said| !cause.contains(said)) {
                return Err(format!("`{said}` is not named: {answer}"));
            }
            (status >= 400).then(|| answer["code"].as_str().unwrap_or_default().to_owned())
        };
        let wanted = text(step, "refused").map(str::to_owned);
        if found != wanted {
            return Err(format!("found {found:?}"));
        }
        // What came without a good token is counted by address and minute.
        let Some(code) = wanted.filter(|code| code != "unauthenticated") else { return Ok(()) };
        let code = text(step, "recorded").unwrap_or(&code).to_owned();
        if self.is_recorded(&code, text(step, "read_through").unwrap_or("quickstart")) {
            Ok(())
        } else {
            Err(format!("no record of `{code}`"))
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_on_policy_is_refused_and_recorded() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let mut house = House::open().await;
    let sample = house.folder();
    let (mut passed, mut wrong) = (0, Vec::new());
    for case in &cases {
        for step in case["steps"].as_array().unwrap() {
            match house.step(step).await {
                Ok(()) => passed += usize::from(step.get("refused").is_some() || step.get("lacks").is_some()),
                Err(why) => {
                    wrong.push(format!("{} ({}): {why}\n    {step}", case["id"], case["what"]));
                    break;
                }
            }
        }
        house.put_back(&sample);
        let (status, answer) = house.accept(&json!({}));
        assert_eq!(status, 200, "after {}: {answer}", case["id"]);
    }
    println!("{} cases, {passed} passed", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(passed >= 60);
}
