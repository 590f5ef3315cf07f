//! A response that keeps its call's room until its last byte is on the way.

use crate::shares::Room;
use http::Response;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A body and the room that goes with it.
pub(crate) struct Held<B> {
    body: B,
    _room: Option<Arc<Room>>,
}

/// Says what room `response` keeps.
pub(crate) fn keep<B>(response: &mut Response<B>, room: Room) {
    response.extensions_mut().insert(Arc::new(room));
}

/// The same response, with its room in its body.
pub(crate) fn held<B>(mut response: Response<B>) -> Response<Held<B>> {
    let room = response.extensions_mut().remove::<Arc<Room>>();
    response.map(|body| Held { body, _room: room })
}

impl<B: Body + Unpin> Body for Held<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
