//! The tool: plans code, orders the sandbox, reports what came out.

use crate::definition::{self, Setting};
use crate::plan::CodePlan;
use crate::unisolated::NoIsolation;
use audit::Usage;
use domain::{Refusal, RefusalCode, ResourceName, Untrusted};
use execute::{Begun, BoxFuture, CallPort, Connector, Isolation, Output, Ran};
use limits::{Place, Places};
use manifest::{Arguments, DataView, IsolationTier, Plan, Prepare, ToolManifest, ToolManifestError};
use sandbox::Isolation::Available;
use sandbox::{
    Confinement, Enforcement, Exit, Language, LimitName, Limits, Runtimes, Sandbox, SandboxError,
    SandboxResult, SandboxSpec,
};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a call waits for a place before it is told that there is none.
const PLACE_TIME: Duration = Duration::from_secs(5);

/// What a result says of a run under the override.
const NO_ISOLATION: &str = "none (override)";

/// A tool that runs the caller's code.
pub struct CodeTool {
    manifest: Arc<ToolManifest>,
    sandbox: Sandbox,
    runtimes: Runtimes,
    languages: Vec<Language>,
    fixed: Option<Language>,
    limits: Limits,
    places: Places,
    no_isolation: Option<NoIsolation>,
}

impl CodeTool {
    /// `code-executor`; `None` if the host has none of the languages. `places` is shared by every tool
    /// that runs code: what the host's memory carries.
    pub fn code_executor(
        sandbox: &Sandbox,
        runtimes: &Runtimes,
        limits: &Limits,
        places: &Places,
    ) -> Result<Option<Self>, ToolManifestError> {
        let languages: Vec<Language> = runtimes.iter().map(|found| found.language).collect();
        if languages.is_empty() {
            return Ok(None);
        }
        let manifest = definition::code_executor(&languages, Setting::Sandbox)?;
        Ok(Some(Self::new(manifest, sandbox, runtimes, languages, None, (limits, places))))
    }

    /// `python-runner`; `None` if the host has no Python that works in a sandbox.
    pub fn python_runner(
        sandbox: &Sandbox,
        runtimes: &Runtimes,
        limits: &Limits,
        places: &Places,
    ) -> Result<Option<Self>, ToolManifestError> {
        if runtimes.get(Language::Python).is_none() {
            return Ok(None);
        }
        let manifest = definition::python_runner(Setting::Sandbox)?;
        Ok(Some(Self::new(
            manifest,
            sandbox,
            runtimes,
            vec![Language::Python],
            Some(Language::Python),
            (limits, places),
        )))
    }

    /// What both tools say of themselves where every language is there: for a policy that names a tool
    /// which this host lacks.
    pub fn manifests() -> Result<[ToolManifest; 2], ToolManifestError> {
        Ok([
            definition::code_executor(&Language::ALL, Setting::Sandbox)?,
            definition::python_runner(Setting::Sandbox)?,
        ])
    }

    /// The same tool on a host that cannot isolate, under the operator's override. It says so of itself.
    pub fn without_isolation(self, written: &NoIsolation) -> Result<Self, ToolManifestError> {
        let manifest = match self.fixed {
            Some(_) => definition::python_runner(Setting::Bare)?,
            None => definition::code_executor(&self.languages, Setting::Bare)?,
        };
        Ok(Self { manifest: Arc::new(manifest), no_isolation: Some(written.clone()), ..self })
    }

    fn new(
        manifest: ToolManifest,
        sandbox: &Sandbox,
        runtimes: &Runtimes,
        languages: Vec<Language>,
        fixed: Option<Language>,
        (limits, places): (&Limits, &Places),
    ) -> Self {
        let (manifest, sandbox, runtimes) = (Arc::new(manifest), sandbox.clone(), runtimes.clone());
        Self {
            manifest,
            sandbox,
            runtimes,
            languages,
            fixed,
            limits: limits.clone(),
            places: places.clone(),
            no_isolation: None,
        }
    }

    /// One run, and how it was isolated: also of a run that failed, which may have run for a while.
    async fn execute(&self, call: &Begun) -> (Result<SandboxResult, Refusal>, Isolation) {
        let (spec, _place) = match self.order(call).await {
            Ok(order) => order,
            Err(refusal) => return (Err(refusal), held("nothing ran")),
        };
        // A client that goes away drops this future, and the sandbox dies with it.
        let Some(written) = self.override_needed() else {
            let ran = self.sandbox.run(spec, std::future::pending()).await;
            let isolation = match &ran {
                Ok(result) => held(format!("{}, limits: {}", result.backend, limits(result))),
                Err(error) => held(not_finished(error)),
            };
            return (ran.map_err(refusal), isolation);
        };
        let waiver = match written.holds().and_then(|()| call.waiver()) {
            Ok(waiver) => waiver,
            Err(refusal) => return (Err(refusal), held("nothing ran")),
        };
        let ran = self.sandbox.run_unisolated(spec, std::future::pending()).await;
        let detail = match &ran {
            Ok(result) => written.detail(limits(result)),
            Err(error) => format!("{NO_ISOLATION}, {}", not_finished(error)),
        };
        (ran.map_err(refusal), Isolation::Waived { waiver, detail: detail.into() })
    }

    /// What the sandbox is to do, and the place to do it in.
    async fn order(&self, call: &Begun) -> Result<(SandboxSpec, Place), Refusal> {
        let plan = CodePlan::decode(call.plan())?;
        let interpreter = self
            .runtimes
            .get(plan.language)
            .ok_or_else(|| Refusal::new(RefusalCode::IsolationUnavailable, "the interpreter is gone"))?;
        let mut spec = interpreter.spec(&plan.code);
        let program = plan.language.file_name();
        for (name, content) in plan.files {
            if name == program {
                return Err(Refusal::new(RefusalCode::InvalidArguments, "a file has the program's own name")
                    .with_hint(format!(
                        "At /files: `{program}` is the program's own name; choose another."
                    )));
            }
            spec.files.insert(name, content.into_bytes());
        }
        spec.stdin = plan.stdin.into_bytes();
        // The caller's time limit, and never more than the operator's.
        let asked = Duration::from_millis(plan.timeout_ms);
        spec.limits = self.limits.clone();
        spec.limits.wall_time = asked.min(self.limits.wall_time);
        spec.limits.cpu_time = asked.min(self.limits.cpu_time);
        let Ok(Some(place)) = timeout(PLACE_TIME, self.places.take(call.principal())).await else {
            return Err(Refusal::new(
                RefusalCode::Busy,
                "every place for a sandbox is taken, or every one that the caller may have",
            )
            .with_retry_after_ms(1000));
        };
        Ok((spec, place))
    }

    /// The override, where this host has no isolation to run in.
    fn override_needed(&self) -> Option<&NoIsolation> {
        let isolates = self.sandbox.capabilities().isolation == Available;
        self.no_isolation.as_ref().filter(|_| !isolates)
    }
}

impl Prepare for CodeTool {
    fn manifest(&self) -> &Arc<ToolManifest> {
        &self.manifest
    }

    fn target(&self, _arguments: &Arguments) -> Result<Option<ResourceName>, Refusal> {
        Ok(None)
    }

    fn prepare(&self, arguments: &Arguments, _view: &DataView) -> Result<Plan, Refusal> {
        CodePlan::read(arguments, self.fixed, &self.languages)?.into_plan()
    }
}

impl Connector for CodeTool {
    fn run<'a>(&'a self, call: &'a Begun, _port: &'a dyn CallPort) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            let (ran, isolation) = self.execute(call).await;
            let usage = ran.as_ref().ok().map(|result| Usage {
                cpu_ms: result.usage.cpu_ms,
                peak_memory_bytes: result.usage.peak_memory_bytes,
            });
            let outcome = ran.and_then(|result| output(&result)).map(Untrusted::new);
            Ran { outcome, isolation, usage, rows: 0 }
        })
    }
}

const fn limits(result: &SandboxResult) -> &'static str {
    match result.limits {
        Enforcement::Enforced => "enforced",
        Enforcement::Degraded { .. } => "degraded",
    }
}

fn held(detail: impl Into<Cow<'static, str>>) -> Isolation {
    Isolation::Held { tier: IsolationTier::Process, detail: detail.into() }
}

/// What can be said of the program whose run gave no result.
const fn not_finished(error: &SandboxError) -> &'static str {
    match error {
        SandboxError::InvalidSpec { .. }
        | SandboxError::InvalidConfig { .. }
        | SandboxError::IsolationUnavailable { .. }
        | SandboxError::Program { .. }
        | SandboxError::Prepare { .. }
        | SandboxError::Busy { .. } => "nothing ran",
        SandboxError::Host { .. } | SandboxError::Lost => "ended without a report",
    }
}

fn output(result: &SandboxResult) -> Result<Output, Refusal> {
    let (exit_code, signal) = match result.exit {
        Exit::Code(code) => (Value::from(code), Value::Null),
        Exit::Signal(signal) => (Value::Null, Value::from(signal)),
        Exit::LimitExceeded { limit: LimitName::WallTime, value } => {
            return Err(Refusal::new(
                RefusalCode::Timeout,
                format!("the sandbox was ended after {value} ms"),
            )
            .with_limit("wall_time"));
        }
        Exit::LimitExceeded { limit, value } => {
            return Err(Refusal::new(RefusalCode::LimitExceeded, format!("{} = {value}", limit.as_str()))
                .with_limit(limit.as_str())
                .with_hint(format!("It allows {value}.")));
        }
        Exit::Cancelled => return Err(Refusal::new(RefusalCode::Timeout, "the run was cancelled")),
    };
    let stdout = String::from_utf8_lossy(&result.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&result.stderr).into_owned();
    let mut text = stdout.clone();
    if !stderr.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("[stderr]\n");
        text.push_str(&stderr);
    }
    let isolation = match result.confinement {
        Confinement::Isolated => result.backend.as_str(),
        Confinement::Unisolated => {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str("[isolation]\n");
            text.push_str(NO_ISOLATION);
            NO_ISOLATION
        }
    };
    let structured = json!({
        "exit_code": exit_code,
        "signal": signal,
        "stdout": stdout,
        "stderr": stderr,
        "usage": {
            "cpu_ms": result.usage.cpu_ms,
            "peak_memory_bytes": result.usage.peak_memory_bytes,
            "wall_ms": result.usage.wall_ms,
        },
        "isolation": isolation,
        "limits": limits(result),
    });
    Ok(Output {
        content: vec![json!({ "type": "text", "text": text })],
        structured,
        is_error: result.exit != Exit::Code(0),
    })
}

/// What the client may know of a sandbox that did not run; paths and system errors stay inside.
fn refusal(error: SandboxError) -> Refusal {
    let internal = match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    match error {
        SandboxError::IsolationUnavailable { .. } | SandboxError::Program { .. } => {
            Refusal::new(RefusalCode::IsolationUnavailable, internal)
        }
        SandboxError::Busy { .. } => Refusal::new(RefusalCode::Busy, internal).with_retry_after_ms(1000),
        SandboxError::InvalidSpec { .. } => Refusal::new(RefusalCode::InvalidArguments, internal),
        SandboxError::InvalidConfig { .. }
        | SandboxError::Prepare { .. }
        | SandboxError::Host { .. }
        | SandboxError::Lost => {
            tracing::error!(%internal, "a sandbox failed");
            Refusal::new(RefusalCode::Internal, internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::not_finished;
    use sandbox::SandboxError;

    #[test]
    fn of_a_lost_run_nobody_says_that_nothing_ran() {
        let broken = || std::io::Error::other("no descriptors");
        assert_eq!(not_finished(&SandboxError::Lost), "ended without a report");
        assert_eq!(
            not_finished(&SandboxError::Host { step: "wait", source: broken() }),
            "ended without a report"
        );
        assert_eq!(not_finished(&SandboxError::Busy { count: 1 }), "nothing ran");
    }
}
