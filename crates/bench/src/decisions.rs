//! What policy's answers cost by themselves, in this process: one decision among 500 roles and 5,000
//! grants, and a list of 1,000 tools.
//!
//! A decision is everything that a call asks: may it be seen, with these arguments, without approval.

use crate::statistics::percentile;
use anyhow::{Context as _, Result, ensure};
use authn::{Arrival, Audience, Authenticated, Authenticator, LocalIssuer, TokenRequest, authenticate};
use authz::{Policy, PolicyFiles, authorize, needs_approval, permits_arguments, visible};
use domain::{Clock as _, SystemClock};
use manifest::{
    AttributeKind, AttributeSource, AttributeValue, Attributes, Effect, IsolationTier, PolicyAttribute,
    ToolDefinition, ToolLimits, ToolManifest,
};
use serde::Serialize;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROLES: usize = 500;
const GRANTS_OF_ROLE: usize = 10;
const TOOLS: usize = 1_000;
const PEOPLE: usize = 64;
const URL: &str = "https://127.0.0.1:8443/mcp";

/// Decisions and lists that are timed, after as many that are not.
const DECISIONS: usize = 20_000;
const LISTS: usize = 400;

/// Times of single answers. Microseconds, but for the load.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Decisions {
    /// Roles of the policy.
    pub roles: usize,
    /// Grants of all roles together.
    pub grants: usize,
    /// Tools that are listed.
    pub tools: usize,
    /// Reading, checking and compiling the policy. Milliseconds.
    pub load_ms: f64,
    /// One decision, the median.
    pub decision_p50_us: f64,
    /// One decision in a hundred takes longer.
    pub decision_p99_us: f64,
    /// One list of all tools, asked before, the median.
    pub list_p50_us: f64,
    /// The first list of a set of roles, the median over the people.
    pub first_list_p50_us: f64,
}

/// Measures. Nothing else should run on the machine.
pub async fn measure(policies: &Path) -> Result<Decisions> {
    let tools = (0..TOOLS).map(tool).collect::<Result<Vec<_>>>()?;
    let schema = std::fs::read_to_string(policies.join("schema.cedarschema"))?;
    let roles = roles();
    let texts = [("schema.cedarschema", schema.as_str()), ("roles.toml", &roles), ("data.toml", "")];
    let started = Instant::now();
    let policy = Arc::new(Policy::load(&PolicyFiles::from_texts(texts)?, &tools)?);
    let load_ms = started.elapsed().as_secs_f64() * 1e3;
    let people = people().await?;

    let mut first = Vec::new();
    for caller in &people {
        let started = Instant::now();
        let seen = list(caller, &tools, &policy);
        first.push(started.elapsed());
        ensure!(seen > 0 && seen < TOOLS, "{seen} tools are visible");
    }
    let timed = |times: usize, mut work: Box<dyn FnMut(usize) -> Result<()> + '_>| -> Result<Vec<Duration>> {
        (0..times).try_for_each(&mut work)?;
        let mut took = Vec::with_capacity(times);
        for at in 0..times {
            let started = Instant::now();
            work(at)?;
            took.push(started.elapsed());
        }
        took.sort_unstable();
        Ok(took)
    };
    let person = |at: usize| people.get(at % PEOPLE).context("nobody");
    let decisions = timed(
        DECISIONS,
        Box::new(|at| {
            // A tool that the person's first role grants.
            let number = (at % PEOPLE) * GRANTS_OF_ROLE + at / PEOPLE % GRANTS_OF_ROLE;
            let tool = tools.get(number % TOOLS).context("no tool")?;
            let permit = authorize(person(at)?.child(), Some(tool), &policy);
            let permit = permit.map_err(|denied| anyhow::anyhow!("{}", denied.refusal.internal()))?;
            let attributes = Attributes::from([
                ("network".to_owned(), AttributeValue::Bool(false)),
                ("timeout_ms".to_owned(), AttributeValue::Long(i64::try_from(at % 9_000)?)),
            ]);
            permits_arguments(&permit, &attributes)
                .map_err(|refusal| anyhow::anyhow!("{}", refusal.internal()))?;
            let _either = needs_approval(&permit, &attributes);
            Ok(())
        }),
    )?;
    let lists = timed(
        LISTS,
        Box::new(|at| {
            list(person(at)?, &tools, &policy);
            Ok(())
        }),
    )?;
    first.sort_unstable();
    let us = |sorted: &[Duration], share: f64| percentile(sorted, share).as_secs_f64() * 1e6;
    Ok(Decisions {
        roles: ROLES,
        grants: ROLES * GRANTS_OF_ROLE,
        tools: TOOLS,
        load_ms,
        decision_p50_us: us(&decisions, 0.5),
        decision_p99_us: us(&decisions, 0.99),
        list_p50_us: us(&lists, 0.5),
        first_list_p50_us: us(&first, 0.5),
    })
}

fn list(caller: &Authenticated, tools: &[Arc<ToolManifest>], policy: &Policy) -> usize {
    tools.iter().filter(|tool| visible(caller, tool, policy)).count()
}

fn tool(at: usize) -> Result<Arc<ToolManifest>> {
    let definition = ToolDefinition {
        name: format!("tool-{at}").parse()?,
        title: String::new(),
        description: String::new(),
        input_schema: serde_json::json!({ "type": "object" }),
        output_schema: None,
    };
    let attribute = |name, kind| PolicyAttribute { name, kind, source: AttributeSource::Argument };
    let attributes =
        [attribute("network", AttributeKind::Bool), attribute("timeout_ms", AttributeKind::Long)];
    let (effect, tier, limits) = (Effect::Write, IsolationTier::Connector, ToolLimits::DEFAULT);
    Ok(Arc::new(ToolManifest::new(definition, effect, tier, limits, &[], &attributes)?))
}

/// Role n grants the tools 10 n to 10 n + 9, each with a condition of its own. Each person has two roles.
fn roles() -> String {
    let mut text = "tenant = \"acme\"\n[people]\n".to_owned();
    let mut write = |line: std::fmt::Arguments<'_>| {
        let _infallible = text.write_fmt(line);
    };
    for at in 0..PEOPLE {
        write(format_args!("p{at} = [\"r{at}\", \"r{}\"]\n", at + PEOPLE));
    }
    write(format_args!("[clients]\nbench = \"trusted\"\n"));
    for role in 0..ROLES {
        write(format_args!("[roles.r{role}]\ngrants = [\n"));
        for grant in 0..GRANTS_OF_ROLE {
            let (tool, longest) = ((role * GRANTS_OF_ROLE + grant) % TOOLS, 9_000 + role);
            write(format_args!(
                "{{ tool = \"tool-{tool}\", when = 'context has timeout_ms && context.timeout_ms <= {longest}', \
                 without_approval = 'context has network && !context.network' }},\n"
            ));
        }
        write(format_args!("]\n"));
    }
    write(format_args!("[classes.trusted]\ngrants = [{{ tool = \"*\", without_approval = true }}]\n"));
    text
}

async fn people() -> Result<Vec<Authenticated>> {
    let folder = tempfile::tempdir()?;
    let keys = secrets::KeyStore::open(&folder.path().join("keys"))?;
    let key = keys.issuer();
    let issuer = LocalIssuer::new("bench".to_owned(), URL.to_owned(), &key.pkcs8(), key.public_key());
    let clock = Arc::new(SystemClock);
    let authenticator = Authenticator::new(vec![issuer.trusted()?], URL.to_owned(), clock);
    let mut people = Vec::with_capacity(PEOPLE);
    for at in 0..PEOPLE {
        let request = TokenRequest {
            tenant: "acme".parse()?,
            person: format!("p{at}").parse()?,
            client: "bench".parse()?,
            audience: Audience::Mcp,
            lifetime: Duration::from_secs(600),
        };
        let token = issuer.mint(&request, SystemClock.now(), secrets::random()?)?;
        let arrival = Arrival {
            credentials: Some(token),
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            body: bytes::Bytes::new(),
        };
        let caller = authenticate(&arrival, Audience::Mcp, &authenticator).await;
        people.push(caller.map_err(|refusal| anyhow::anyhow!("{}", refusal.internal()))?);
    }
    Ok(people)
}

/// For people.
pub fn line(found: &Decisions) -> String {
    format!(
        "policy alone, {} roles, {} grants, {} tools: load {:.0} ms; decision p50 {:.1} µs, p99 {:.1} µs; list of all \
         tools {:.2} ms, the first for a set of roles {:.1} ms",
        found.roles,
        found.grants,
        found.tools,
        found.load_ms,
        found.decision_p50_us,
        found.decision_p99_us,
        found.list_p50_us / 1e3,
        found.first_list_p50_us / 1e3,
    )
}
