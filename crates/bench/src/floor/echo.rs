//! (a) The bare echo: hyper, one borrowed parse, one answer.

use super::message::{call, json, refused};
use super::{next, serve_connection};
use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use tokio::net::TcpListener;

pub async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        let service = service_fn(|request| async { Ok::<_, Infallible>(answer(request).await) });
        serve_connection!(next(&listener).await?, service);
    }
}

async fn answer(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Ok(body) = request.into_body().collect().await else { return refused(StatusCode::BAD_REQUEST) };
    let body = body.to_bytes();
    let Some((request, params)) = call(&body) else { return refused(StatusCode::BAD_REQUEST) };
    if params.name != "echo" {
        return refused(StatusCode::NOT_FOUND);
    }
    let Ok(text) = serde_json::to_string(&params.arguments.text) else {
        return refused(StatusCode::INTERNAL_SERVER_ERROR);
    };
    json(format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":{text}}}],\
         \"structuredContent\":{{\"text\":{text}}},\"isError\":false,\"resultType\":\"complete\"}}}}",
        request.id.get(),
    ))
}
