//! Making tokens: recorded, on disk, and only then given out.

use crate::caller::Caller;
use crate::error::{ApiError, json_response};
use crate::parts::AdminParts;
use crate::request;
use audit::{Audit, OperatorEvent, Who};
use authn::{Audience, LocalIssuer, MintError, TokenRequest};
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ClientId, Clock, PersonId, Principal, Refusal, RefusalCode, Secret, TenantId};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// An hour: a working session's piece, short enough that a token that leaks is soon of no use.
const DEFAULT_TTL_SECONDS: u64 = 60 * 60;

/// A token that was not made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The issuer refuses.
    #[error("the token cannot be made")]
    Mint(#[from] MintError),
    /// The log does not take the record, so no token is given out.
    #[error("the token could not be recorded")]
    Unrecorded(#[source] Refusal),
    /// The machine's generator failed.
    #[error("no random identifier for the token")]
    Random,
}

/// A token and its name.
pub struct MadeToken {
    /// The token.
    pub token: Secret<String>,
    /// Its `jti`, by which it can be revoked.
    pub id: String,
}

/// Makes a token and records it. `by` is `None` for the owner of the data directory.
pub async fn create_token(
    issuer: &LocalIssuer,
    audit: &Audit,
    clock: &dyn Clock,
    request: &TokenRequest,
    by: Option<Who>,
) -> Result<MadeToken, TokenError> {
    let identifier: [u8; 16] = secrets::random().map_err(|_| TokenError::Random)?;
    let now = clock.now();
    let token = issuer.mint(request, now, identifier)?;
    let audience = match request.audience {
        Audience::Mcp => "mcp",
        Audience::Admin => "admin",
    };
    let principal = Principal {
        tenant: request.tenant.clone(),
        person: request.person.clone(),
        client: request.client.clone(),
    };
    let id = URL_SAFE_NO_PAD.encode(identifier);
    let event = OperatorEvent::TokenCreated {
        by,
        principal,
        audience: audience.to_owned(),
        token_id: id.clone(),
        expires: now.plus(request.lifetime),
    };
    audit.record(event).await.map_err(TokenError::Unrecorded)?;
    Ok(MadeToken { token, id })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    person: PersonId,
    client: ClientId,
    tenant: Option<TenantId>,
    audience: NamedAudience,
    ttl_seconds: Option<u64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NamedAudience {
    Mcp,
    Admin,
}

pub(crate) async fn respond(parts: &AdminParts, caller: &Caller, body: Body) -> Result<Response, ApiError> {
    let asked: NewToken = request::body(body).await?;
    let own_tenant = match caller {
        Caller::Permitted(permit) => permit.principal().tenant.clone(),
        Caller::Delegate(permit) => permit.principal().tenant.clone(),
        Caller::Owner => parts.policy.now().tenant().clone(),
    };
    let tenant = asked.tenant.unwrap_or_else(|| own_tenant.clone());
    if !matches!(caller, Caller::Owner) && tenant != own_tenant {
        return Err(ApiError::of(Refusal::new(
            RefusalCode::Denied,
            "a token of another tenant was asked for",
        )));
    }
    let wanted = TokenRequest {
        tenant,
        person: asked.person,
        client: asked.client,
        audience: match asked.audience {
            NamedAudience::Mcp => Audience::Mcp,
            NamedAudience::Admin => Audience::Admin,
        },
        lifetime: Duration::from_secs(asked.ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS)),
    };
    let made = create_token(&parts.issuer, &parts.audit, &*parts.clock, &wanted, caller.who()).await;
    match made {
        Ok(made) => {
            let body = json!({ "token": made.token.expose(), "token_id": made.id });
            Ok(json_response(StatusCode::CREATED, &body))
        }
        Err(TokenError::Unrecorded(refusal)) => Err(ApiError::of(refusal)),
        Err(TokenError::Mint(MintError::Lifetime)) => {
            Err(ApiError::malformed("`ttl_seconds` is not between 1 and 86400"))
        }
        Err(error @ (TokenError::Mint(_) | TokenError::Random)) => {
            Err(ApiError::of(Refusal::new(RefusalCode::Internal, error.to_string())))
        }
    }
}
