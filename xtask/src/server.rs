//! A quickstart server for a suite: its own folder, a free port, and down again at the end.

use crate::process;
use anyhow::{Context as _, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A debug build on a loaded machine of two cores starts in less than five.
const MAX_START: Duration = Duration::from_secs(60);
/// How long a server may take to finish what it does.
const MAX_STOP: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(50);
/// The people of the sample company that suites act for.
const PEOPLE: [&str; 2] = ["ana", "dev"];

/// A running server.
pub struct Server {
    child: Child,
    binary: PathBuf,
    folder: PathBuf,
}

impl Server {
    /// Starts `secure-mcp quickstart` in a new folder and waits until it says where it is.
    pub fn start(binary: &Path) -> Result<Self> {
        // A socket's path has 107 bytes at most, so the folder is not below the target folder.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("secure-mcp-suite-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let log = File::create(folder.join("server.log")).context("cannot write the server's output")?;
        let child = Command::new(binary)
            .args(["quickstart", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { child, binary: binary.to_owned(), folder };
        server.wait_until_announced()?;
        Ok(server)
    }

    fn wait_until_announced(&mut self) -> Result<()> {
        let start = Instant::now();
        while !self.data_dir().join("server.json").exists() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.output());
            }
            if start.elapsed() > MAX_START {
                bail!("the server did not start within {MAX_START:?}:\n{}", self.output());
            }
            std::thread::sleep(STEP);
        }
        Ok(())
    }

    /// What a client needs to know, as environment variables; the tokens are good for an hour.
    pub fn environment(&self) -> Result<Vec<(String, String)>> {
        let text =
            std::fs::read_to_string(self.data_dir().join("server.json")).context("server.json is gone")?;
        let file: serde_json::Value = serde_json::from_str(&text).context("server.json is not JSON")?;
        let field = |name: &str| {
            let value = file.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
            value.with_context(|| format!("server.json has no `{name}`"))
        };
        let mut variables = vec![
            ("SECURE_MCP_URL".to_owned(), field("mcp_url")?),
            ("SECURE_MCP_WSS_URL".to_owned(), field("wss_url")?),
            ("SECURE_MCP_CA".to_owned(), field("ca_file")?),
            ("NODE_EXTRA_CA_CERTS".to_owned(), field("ca_file")?),
            ("SECURE_MCP_BIN".to_owned(), self.binary.display().to_string()),
            ("SECURE_MCP_DATA_DIR".to_owned(), self.data_dir().display().to_string()),
        ];
        for person in PEOPLE {
            variables.push((format!("SECURE_MCP_TOKEN_{}", person.to_uppercase()), self.token(person)?));
        }
        Ok(variables)
    }

    fn token(&self, person: &str) -> Result<String> {
        let made = Command::new(&self.binary)
            .args(["token", "create", "--client", "quickstart", "--person", person, "--data-dir"])
            .arg(self.data_dir())
            .stdin(Stdio::null())
            .output()
            .context("cannot make a token")?;
        let said = String::from_utf8_lossy(&made.stderr);
        anyhow::ensure!(made.status.success(), "token create ended with {}: {said}", made.status);
        Ok(String::from_utf8_lossy(&made.stdout).trim().to_owned())
    }

    /// What the server printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }
}

/// Asks first, so that the server takes its own sandboxes down; then ends it.
impl Drop for Server {
    fn drop(&mut self) {
        // By the shell: a small Debian has no program `kill`.
        let kill = format!("kill -TERM {}", self.child.id());
        let asked = process::quiet(Command::new("sh").args(["-c", &kill]));
        let start = Instant::now();
        while asked && start.elapsed() < MAX_STOP && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(STEP);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::Server;
    use std::path::Path;

    fn start(script: &str) -> anyhow::Result<Server> {
        Server::start(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(script))
    }

    #[test]
    fn a_server_is_started_described_and_taken_down() {
        let server = start("quickstart.sh").unwrap();
        let environment = server.environment().unwrap();
        let value =
            |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("SECURE_MCP_URL"), Some("https://127.0.0.1:1/mcp"));
        assert_eq!(value("SECURE_MCP_TOKEN_ANA"), Some("token-of-ana"));
        assert_eq!(value("SECURE_MCP_TOKEN_DEV"), Some("token-of-dev"));
        assert!(value("NODE_EXTRA_CA_CERTS").unwrap().ends_with("/data/ca.pem"));
        assert!(server.output().contains("serves"));
        let (folder, process) = (server.folder.clone(), format!("/proc/{}", server.child.id()));
        assert!(folder.exists() && Path::new(&process).exists());
        drop(server);
        assert!(!folder.exists() && !Path::new(&process).exists());
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let error = format!("{:#}", start("broken.sh").err().unwrap());
        assert!(error.contains("exit status: 2") && error.contains("policy_changed"), "{error}");
    }
}
