//! `GET /messaging`: one WebSocket, from the upgrade to the close.

mod connection;
pub mod frames;
mod handle;
mod hello;
mod requests;
mod resume;
mod wire;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use village_http::{AddressSlot, ClientIp, Problem};

pub(crate) use handle::{Access, MessageFrame, Outgoing, Socket, encode};

use crate::Messaging;
use crate::hub::Waiting;

/// Allocated at once for each connection, and most of what an idle one costs.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// Each frame goes to the stream at once, which gathers them until they are flushed: what a buffer here grew to in a burst
/// would stay allocated.
const WRITE_BUFFER_BYTES: usize = 0;
/// Room for the largest frame of ours behind a full write buffer.
const MAX_WRITE_BUFFER_BYTES: usize = 256 * 1024;
/// A frame over our own limit is still read up to here, so that the close code reaches the client before the
/// connection is reset.
const READ_LIMIT_BYTES: usize = 2 * frames::MAX_FRAME_BYTES;

/// Open the live connection
///
/// A WebSocket with subprotocol `village.v1`; the token goes into the first frame, not into a header or the URL.
#[utoipa::path(
    get, path = "/messaging", tag = "messaging", operation_id = "open_socket", security(()),
    responses(
        (status = 101, description = "The socket is open; say `hello` within 5 s."),
        (status = 400, description = "`unsupported_subprotocol`: offer `village.v1`.", body = Problem),
        (status = 426, description = "`upgrade_required`: not a WebSocket request.", body = Problem),
        (status = 503, description = "This node holds as many sockets as it may.", body = Problem),
    ),
)]
pub(crate) async fn open_socket(
    State(messaging): State<Arc<Messaging>>,
    client: ClientIp,
    place: Option<Extension<AddressSlot>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| {
        let detail = "This address speaks WebSocket only; see docs/api.md.";
        Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", detail)
    })?;
    let upgrade = upgrade
        .protocols([frames::SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_frame_size(READ_LIMIT_BYTES)
        .max_message_size(READ_LIMIT_BYTES);
    if upgrade.selected_protocol().is_none() {
        let detail = "Offer the subprotocol `village.v1`.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "unsupported_subprotocol", detail));
    }
    let waiting = Waiting::enter(&messaging, client)?;
    let origin_allowed = messaging.is_allowed_origin(&headers);
    Ok(upgrade.on_upgrade(async move |socket| {
        messaging.serve_socket(socket, waiting, origin_allowed).await;
        // Until here the socket counts for its address.
        drop(place);
    }))
}

impl Messaging {
    /// Only browsers send `Origin`; a page from elsewhere must not speak with the tokens it may have got hold of.
    fn is_allowed_origin(&self, headers: &HeaderMap) -> bool {
        headers.get_all(header::ORIGIN).iter().all(|origin| {
            let origin = origin.as_bytes();
            origin == self.settings.public_origin.as_bytes()
                || self.settings.allowed_origins.iter().any(|allowed| origin == allowed.as_bytes())
        })
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.hub.draining.load(Ordering::Acquire)
    }
}
