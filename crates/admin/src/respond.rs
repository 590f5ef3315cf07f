//! The router over [`Endpoint::ALL`]: gate, handler, count.

use crate::caller::{Caller, Peer};
use crate::endpoint::Endpoint;
use crate::error::{ApiError, text_response};
use crate::gate::{Facts, admit, record, turn_away};
use crate::parts::Shared;
use crate::{
    approval_list, break_glass, erasing, log_reading, log_search, metrics, openapi, policy_routes,
    policy_trial, revocations, rotating, status, tile_reading, tokens,
};
use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::on;
use domain::{Refusal, RefusalCode};
use http::StatusCode;
use http::header::ORIGIN;
use std::sync::Arc;
use std::time::Instant;
use tokio::time::timeout;

/// Every route, each behind the gate.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let routes = Endpoint::ALL.into_iter().fold(Router::new(), |router, endpoint| {
        let shared = Arc::clone(shared);
        let handler = move |path: RawPathParams, request: Request| {
            let parameter = path.iter().next().map(|(_, value)| value.to_owned());
            respond(Arc::clone(&shared), endpoint, parameter, request)
        };
        // A tile's path has parts of its own.
        let path = endpoint.path().replace("{tile}", "{*tile}");
        router.route(&path, on(endpoint.filter(), handler))
    });
    routes.fallback(|| async { unknown_route() }).method_not_allowed_fallback(|| async { unknown_route() })
}

fn unknown_route() -> Response {
    ApiError::not_found("the admin plane has no such route", "see /api/openapi.json for the routes")
        .into_response()
}

async fn respond(
    shared: Arc<Shared>,
    endpoint: Endpoint,
    parameter: Option<String>,
    request: Request,
) -> Response {
    let answered = match timeout(endpoint.time(), answer(&shared, endpoint, parameter, request)).await {
        Ok(answered) => answered,
        Err(_) => Err(ApiError::of(Refusal::new(RefusalCode::Timeout, "the request took too long"))),
    };
    let status = answered.as_ref().map_or_else(ApiError::status, Response::status);
    shared.counts.count(endpoint, status);
    answered.unwrap_or_else(ApiError::into_response)
}

async fn answer(
    shared: &Shared,
    endpoint: Endpoint,
    parameter: Option<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let Some(peer) = parts.extensions.get::<Peer>().copied() else {
        return Err(ApiError::of(Refusal::new(RefusalCode::Internal, "a request without a peer")));
    };
    // No web page is a client of this plane; a browser sends Origin with everything but plain navigation.
    if parts.headers.contains_key(ORIGIN) {
        return Err(turn_away(
            shared,
            peer,
            Refusal::new(RefusalCode::BadOrigin, "a web page on the admin plane"),
        ));
    }
    let caller = admit(shared, endpoint, peer, &parts.headers, started).await?;
    let handled = handle(shared, endpoint, &caller, parameter.as_deref(), parts.uri.query(), body).await;
    match (handled, caller) {
        (Ok(response), _) => Ok(response),
        (Err(error), caller) => match caller.facts() {
            None => Err(error),
            Some((who, policy, reasons, controls)) => {
                let facts = Facts { endpoint, who, policy, reasons, controls, started };
                Err(record(shared, facts, error).await)
            }
        },
    }
}

async fn handle(
    shared: &Shared,
    endpoint: Endpoint,
    caller: &Caller,
    parameter: Option<&str>,
    query: Option<&str>,
    body: Body,
) -> Result<Response, ApiError> {
    let permit = match (endpoint, caller) {
        (Endpoint::CreateToken, caller) => return tokens::respond(&shared.parts, caller, body).await,
        (Endpoint::AcceptPolicy, caller) => return policy_routes::accept(&shared.parts, caller, body).await,
        (Endpoint::RollBackPolicy, caller) => {
            return policy_routes::roll_back(&shared.parts, caller, body).await;
        }
        (_, Caller::Permitted(permit)) => permit,
        (_, Caller::Delegate(_)) => {
            return Err(ApiError::of(Refusal::new(RefusalCode::Denied, "not a delegate's route")));
        }
        (_, Caller::Owner) => {
            return Err(ApiError::of(Refusal::new(
                RefusalCode::Unauthenticated,
                "the owner may only make tokens",
            )));
        }
    };
    match endpoint {
        Endpoint::ListApprovals => approval_list::list(&shared.parts, permit).await,
        Endpoint::ShowApproval => approval_list::show(&shared.parts, permit, parameter).await,
        Endpoint::DecideApproval => approval_list::decide(&shared.parts, permit, parameter, body).await,
        Endpoint::ListBreakGlass => break_glass::list(&shared.parts, permit).await,
        Endpoint::AskBreakGlass => break_glass::ask(&shared.parts, permit, body).await,
        Endpoint::GrantBreakGlass => break_glass::grant(&shared.parts, permit, parameter).await,
        Endpoint::ReviewBreakGlass => break_glass::review(&shared.parts, permit, parameter, body).await,
        Endpoint::ListRevocations => revocations::list(&shared.parts, permit).await,
        Endpoint::Revoke => revocations::revoke(&shared.parts, permit, body).await,
        Endpoint::LiftRevocation => revocations::lift(&shared.parts, permit, body).await,
        Endpoint::TailLog => log_reading::respond_tail(&shared.parts, permit, query).await,
        Endpoint::ShowCall => log_reading::respond_call(&shared.parts, permit, parameter).await,
        Endpoint::CastShadow => policy_trial::cast(&shared.parts, body).await,
        Endpoint::ReportShadow => policy_trial::report(&shared.parts),
        Endpoint::EndShadow => policy_trial::end(&shared.parts, body).await,
        Endpoint::ReplayLog => policy_trial::replay_log(&shared.parts, permit, body).await,
        Endpoint::PolicyVersions => policy_routes::versions(&shared.parts).await,
        Endpoint::SearchLog => log_search::respond(&shared.parts, permit, query).await,
        Endpoint::Checkpoint => Ok(tile_reading::respond_checkpoint(&shared.parts)),
        Endpoint::Tile => tile_reading::respond_tile(&shared.parts, permit, parameter).await,
        Endpoint::RotateKey => rotating::respond(&shared.parts, permit, body).await,
        Endpoint::ShredPerson => erasing::respond(&shared.parts, permit, body).await,
        Endpoint::Status => Ok(status::respond(&shared.parts).await),
        Endpoint::Metrics => metrics::respond(shared, permit).await,
        Endpoint::OpenApi => {
            Ok(text_response(StatusCode::OK, "application/json", openapi::DOCUMENT.to_owned()))
        }
        Endpoint::CreateToken | Endpoint::AcceptPolicy | Endpoint::RollBackPolicy => {
            Err(ApiError::of(Refusal::new(RefusalCode::Internal, "handled above")))
        }
    }
}
