//! The sandbox engine as a program of its own, for tests: one JSON request per
//! line on stdin, one JSON answer per line on stdout. It lives until stdin ends.
//! With the argument `unisolated` it runs without isolation where there is none.
//!
//! Its first line makes it a launcher as well, so a test binary, whose `main`
//! is not its own, can name it as one.

use std::error::Error;
use std::future::pending;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use sandbox::{Sandbox, SandboxConfig, SandboxError, SandboxResult, SandboxSpec, Unisolated};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// What a test can ask for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// What the host can do.
    Capabilities,
    /// The interpreters that work.
    Runtimes,
    /// Run to the end.
    Run(SandboxSpec),
    /// Run to the end; the sizes of the output instead of the output.
    RunForSizes(SandboxSpec),
    /// Run, and drop the future once `file` exists on the host.
    DropAtFile { spec: SandboxSpec, file: PathBuf },
    /// Run, and cancel once `file` exists on the host.
    CancelAtFile { spec: SandboxSpec, file: PathBuf },
    /// Run `count` of them at once.
    Parallel { spec: SandboxSpec, count: usize },
    /// Run `count` of them one after the other; microseconds of each.
    Measure { spec: SandboxSpec, count: usize },
    /// Start, write `text`, close, read to the end, wait.
    Talk { spec: SandboxSpec, text: String },
    /// Start, wait until `file` exists on the host, and drop or kill.
    StartUntilFile { spec: SandboxSpec, file: PathBuf, kill: bool },
    /// This process's own largest resident set, in KiB.
    PeakMemory,
}

fn main() -> Result<(), Box<dyn Error>> {
    sandbox::enter_if_child();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let allow_unisolated = std::env::args().nth(1).is_some_and(|word| word == "unisolated");
    let sandbox = Sandbox::new(SandboxConfig { allow_unisolated, ..SandboxConfig::default() }).await?;
    let mut requests = BufReader::new(tokio::io::stdin()).lines();
    let mut answers = tokio::io::stdout();
    while let Some(line) = requests.next_line().await? {
        let answer = answer(&sandbox, serde_json::from_str(&line)?).await;
        let answer = answer.unwrap_or_else(|error| refusal(&error));
        answers.write_all(format!("{answer}\n").as_bytes()).await?;
        answers.flush().await?;
    }
    Ok(())
}

async fn answer(sandbox: &Sandbox, request: Request) -> Result<Value, SandboxError> {
    Ok(match request {
        Request::Capabilities => json!(sandbox.capabilities()),
        Request::Runtimes => json!(sandbox.runtimes().await),
        Request::Run(spec) => json!(run(sandbox, spec, pending()).await?),
        Request::RunForSizes(spec) => {
            let result = run(sandbox, spec, pending()).await?;
            json!({
                "exit": result.exit,
                "stdout_bytes": result.stdout.len(),
                "stderr_bytes": result.stderr.len(),
                "stdout_truncated": result.stdout_truncated,
                "stderr_truncated": result.stderr_truncated,
            })
        }
        Request::DropAtFile { spec, file } => tokio::select! {
            result = run(sandbox, spec, pending()) => json!(result?),
            () = exists(file) => json!("dropped"),
        },
        Request::CancelAtFile { spec, file } => json!(run(sandbox, spec, exists(file)).await?),
        Request::Parallel { spec, count } => parallel(sandbox, &spec, count).await,
        Request::Measure { spec, count } => measure(sandbox, &spec, count).await?,
        Request::Talk { spec, text } => talk(sandbox, spec, &text).await?,
        Request::StartUntilFile { spec, file, kill } => {
            let running = sandbox.start(spec).await?;
            exists(file).await;
            if kill { json!(format!("{:?}", running.kill().await?.exit)) } else { json!("dropped") }
        }
        Request::PeakMemory => json!(peak_memory_kib()),
    })
}

/// As the engine was asked to be set up.
async fn run(
    sandbox: &Sandbox,
    spec: SandboxSpec,
    cancel: impl Future<Output = ()> + Send,
) -> Result<SandboxResult, SandboxError> {
    match sandbox.capabilities().unisolated {
        Unisolated::Available => sandbox.run_unisolated(spec, cancel).await,
        _ => sandbox.run(spec, cancel).await,
    }
}

async fn parallel(sandbox: &Sandbox, spec: &SandboxSpec, count: usize) -> Value {
    let start = || {
        let (sandbox, spec) = (sandbox.clone(), spec.clone());
        tokio::spawn(async move { run(&sandbox, spec, pending()).await })
    };
    let tasks: Vec<_> = (0..count).map(|_| start()).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(match task.await {
            Ok(Ok(result)) => json!(result),
            Ok(Err(error)) => refusal(&error),
            Err(error) => json!({ "error": error.to_string() }),
        });
    }
    json!(results)
}

async fn measure(sandbox: &Sandbox, spec: &SandboxSpec, count: usize) -> Result<Value, SandboxError> {
    let mut times = Vec::new();
    for _ in 0..count {
        let begun = Instant::now();
        run(sandbox, spec.clone(), pending()).await?;
        times.push(begun.elapsed().as_micros() as u64);
    }
    Ok(json!(times))
}

async fn talk(sandbox: &Sandbox, spec: SandboxSpec, text: &str) -> Result<Value, SandboxError> {
    let mut running = sandbox.start(spec).await?;
    let mut said = Vec::new();
    if let (Some(mut stdin), Some(mut stdout)) = (running.take_stdin(), running.take_stdout()) {
        let _ = stdin.write_all(text.as_bytes()).await;
        drop(stdin);
        let _ = stdout.read_to_end(&mut said).await;
    }
    let end = running.wait().await?;
    Ok(json!({
        "said": String::from_utf8_lossy(&said),
        "exit": end.exit,
        "stderr": String::from_utf8_lossy(&end.stderr_tail),
    }))
}

fn refusal(error: &SandboxError) -> Value {
    let debug = format!("{error:?}");
    let kind = debug.split([' ', '{', '(']).next().unwrap_or_default();
    let cause = error.source().map(ToString::to_string);
    json!({ "error": error.to_string(), "kind": kind, "cause": cause })
}

/// Files are how a sandbox tells the outside that it has come somewhere.
async fn exists(file: PathBuf) {
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "its own status, for a test")]
fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
