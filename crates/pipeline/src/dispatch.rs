//! From one arrival to one answer, for every transport and both eras.

use crate::Pipeline;
use audit::{Listed, Refused};
use authn::{Arrival, Audience, Authenticated};
use domain::{Principal, Refusal, RefusalCode};
use protocol::{Message, Notification, ReplyTo, Request, RequestBody, RequestId, RpcError, Wire};
use revocation::Standing;
use scan::ScannedFrame;
use std::time::Instant;
use validate::who;

/// What the transport does with an arrival.
#[derive(Debug)]
pub enum Answer {
    /// Send this.
    Frame(ScannedFrame),
    /// Send this and say which token would have been good: the credentials were refused.
    Unauthenticated(ScannedFrame),
    /// Nothing to send: a notification was taken.
    Accepted,
    /// Stop the request of this name on the same connection; nothing to send.
    Cancel(RequestId),
    /// A request of a known caller, to be served: [`Pipeline::serve`].
    Serve(Asked),
}

/// A decoded request of an authenticated caller.
#[derive(Debug)]
pub struct Asked {
    caller: Authenticated,
    request: Request,
}

impl Asked {
    /// The client's name for the request.
    pub const fn id(&self) -> &RequestId {
        &self.request.id
    }
}

impl Pipeline {
    /// Layer 1 and the one parse.
    pub async fn receive(&self, arrival: Arrival, wire: &Wire) -> Answer {
        let caller = match authn::authenticate(&arrival, Audience::Mcp, &self.parts.authenticator).await {
            Ok(caller) => caller,
            Err(refusal) => return Answer::Unauthenticated(self.unauthenticated(&arrival, refusal)),
        };
        match protocol::decode(&arrival.body, wire) {
            Err(error) => Answer::Frame(self.malformed(&caller, error).await),
            Ok(Message::Notification(Notification::Cancelled { request })) => Answer::Cancel(request),
            Ok(Message::Notification(Notification::Passed)) => Answer::Accepted,
            Ok(Message::Request(request)) => Answer::Serve(Asked { caller, request }),
        }
    }

    /// The rest of the path. Dropping the future stops the call.
    pub async fn serve(&self, asked: Asked) -> ScannedFrame {
        self.answer(asked.caller, asked.request).await
    }

    /// A request that the transport cannot take (its id is in use, too many run): recorded and answered.
    pub async fn decline(&self, asked: Asked, refusal: Refusal) -> ScannedFrame {
        let Asked { caller, request } = asked;
        self.malformed(&caller, RpcError::of(refusal).answering(request.id)).await
    }

    /// The answer to a request whose serving broke: its call is recorded as abandoned.
    pub fn apologise(&self, id: RequestId, refusal: Refusal) -> ScannedFrame {
        tracing::error!(reason = refusal.internal(), "a request broke");
        scan::notice_error(RpcError::of(refusal).answering(id), &self.parts.scanner)
    }

    /// Layer 1 alone, for a transport that has to decide before it reads: whose share it is, and their standing. What it keeps open has to end
    /// when the caller's standing is lost. The frame answers a refused caller.
    pub async fn admit(&self, arrival: &Arrival) -> Result<(Principal, Standing), ScannedFrame> {
        match authn::authenticate(arrival, Audience::Mcp, &self.parts.authenticator).await {
            Ok(caller) => Ok((caller.principal().clone(), self.parts.authenticator.standing(&caller))),
            Err(refusal) => Err(self.unauthenticated(arrival, refusal)),
        }
    }

    /// A refusal that the transport itself found before anything was read (origin, host, size).
    pub fn turn_away(&self, peer: std::net::IpAddr, refusal: Refusal) -> ScannedFrame {
        self.parts.audit.refused_before_authentication(peer, refusal.code());
        scan::notice_error(RpcError::of(refusal), &self.parts.scanner)
    }

    fn unauthenticated(&self, arrival: &Arrival, refusal: Refusal) -> ScannedFrame {
        tracing::debug!(peer = %arrival.peer, reason = refusal.internal(), "credentials refused");
        self.turn_away(arrival.peer, refusal)
    }

    async fn answer(&self, caller: Authenticated, request: Request) -> ScannedFrame {
        let to = ReplyTo { id: request.id, era: request.era };
        let result = match request.body {
            RequestBody::CallTool(call) => return self.call_tool(caller, call, &to).await,
            RequestBody::ListTools => self.list_tools(&caller).map(|tools| protocol::listed(tools, to.era)),
            RequestBody::Initialize { requested } => {
                self.note(&caller, "initialize").map(|()| protocol::initialized(&requested))
            }
            RequestBody::Discover => self.note(&caller, "server/discover").map(|()| protocol::discovered()),
            RequestBody::Ping => self.note(&caller, "ping").map(|()| protocol::pong()),
        };
        match result {
            Ok(result) => scan::notice_result(&to, result, &self.parts.scanner),
            Err(refusal) => scan::notice_error(RpcError::of(refusal).answering(to.id), &self.parts.scanner),
        }
    }

    /// One record of a request that changes nothing; nobody waits for it.
    fn note(&self, caller: &Authenticated, method: &'static str) -> Result<(), Refusal> {
        let call = self.mint_call()?;
        self.parts.audit.listed(Listed { call, who: who(caller), method, entries: 0, policy: None })
    }

    /// A message of a known caller that cannot be read: recorded like any refusal.
    async fn malformed(&self, caller: &Authenticated, error: RpcError) -> ScannedFrame {
        let started = Instant::now();
        let call = match self.mint_call() {
            Ok(call) => call,
            Err(refusal) => return scan::notice_error(RpcError::of(refusal), &self.parts.scanner),
        };
        let refused = Refused {
            call,
            who: who(caller),
            tool: None,
            refusal: (*error.refusal).clone(),
            arguments: None,
            basis: None,
            policy: None,
            reasons: Vec::new(),
            controls: vec![caller.verdict().clone()],
            duration_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        match self.parts.audit.refused(refused).await {
            Ok(_) => scan::notice_error(error, &self.parts.scanner),
            Err(unrecorded) => {
                let id = error.id;
                let mut error = RpcError::of(unrecorded);
                error.id = id;
                scan::notice_error(error, &self.parts.scanner)
            }
        }
    }

    /// The reply for a message that came while the server goes down.
    pub fn shutting_down(&self) -> ScannedFrame {
        let refusal = Refusal::new(RefusalCode::ShuttingDown, "the server is going down");
        scan::notice_error(RpcError::of(refusal), &self.parts.scanner)
    }
}
