//! The routes behind the signed URLs. They answer to a signature, not to a token, so that an `<img>` and a plain
//! upload work; what they answer without a valid one is the same whether or not there is an object.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant as Timer, timeout, timeout_at};
use tokio_util::io::ReaderStream;
use village_http::Problem;

use super::DiskBlobs;
use super::files::{IfTaken, Incoming, Published, blocking};
use super::sign::{Grant, Refused, Upload};
use super::transfers::{Refusal, Transfer, UploadLimits};
use crate::{BlobError, BlobKey};

/// When whoever has too many uploads, or one elsewhere, may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

pub(super) fn router(blobs: Arc<DiskBlobs>) -> Router {
    // `get` would also answer HEAD, for which no URL is signed: the signature check refuses it.
    Router::new().route("/blobs/{*key}", get(serve).put(receive)).with_state(blobs)
}

async fn serve(State(blobs): State<Arc<DiskBlobs>>, request: Request) -> Result<Response, Problem> {
    let grant = blobs.check(&request)?;
    let file = blobs.files.read_only(&grant.key).await.map_err(broken)?.ok_or_else(Problem::not_found)?;
    let metadata = file.metadata().await.map_err(broken)?;
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let entity_tag = format!("\"{:x}-{:x}\"", metadata.len(), modified.as_micros());
    let known = village_http::is_known(request.headers(), &entity_tag);

    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)).into_response();
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(metadata.len()));
        response
    };
    let lifetime = grant.expires_at.since(blobs.clock.now()).as_secs();
    let cache_control = format!("private, max-age={lifetime}, immutable");
    let headers = response.headers_mut();
    for (name, value) in [(header::ETAG, entity_tag), (header::CACHE_CONTROL, cache_control)] {
        headers.insert(name, HeaderValue::from_str(&value).expect("digits and plain words"));
    }
    for (name, value) in [
        (header::CONTENT_TYPE, grant.key.content_type()),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Were a file ever taken for a page: it runs nothing, loads nothing and belongs to no origin.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

async fn receive(State(blobs): State<Arc<DiskBlobs>>, request: Request) -> Result<Response, Problem> {
    let grant = blobs.check(&request)?;
    let Grant { key, upload: Some(upload), .. } = grant else { return Err(forged()) };
    check_headers(request.headers(), &upload)?;
    let limits = &blobs.transfers.limits;
    let body = request.into_body();
    let transfer = match blobs.admit(&key).await {
        Ok(transfer) => transfer,
        Err(problem) => {
            discard(body, limits).await;
            return Err(problem);
        }
    };
    let files = blobs.files.clone();
    let incoming = blocking(move || files.incoming()).await.map_err(unavailable)?;
    let incoming = receive_body(incoming, body, upload.length_bytes, &transfer, limits).await?;
    let files = blobs.files.clone();
    match blocking(move || files.publish(incoming, &key, IfTaken::Refuse)).await.map_err(unavailable)? {
        Published::Yes => Ok(StatusCode::OK.into_response()),
        Published::Taken => Err(taken()),
    }
}

/// The headers that the URL was signed with.
fn check_headers(headers: &HeaderMap, upload: &Upload) -> Result<(), Problem> {
    let is = |name, expected: &str| headers.get(name).is_some_and(|value| value.as_bytes() == expected.as_bytes());
    if !is(header::CONTENT_TYPE, &upload.content_type) || !is(header::IF_NONE_MATCH, "*") {
        return Err(Problem::forbidden(
            "signature_mismatch",
            "Send exactly the headers that came with the upload URL; they are part of its signature.",
        ));
    }
    let Some(length) = headers.get(header::CONTENT_LENGTH) else {
        return Err(Problem::new(StatusCode::LENGTH_REQUIRED, "length_required", "Send a Content-Length."));
    };
    match length.to_str().ok().and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length == upload.length_bytes => Ok(()),
        Some(length) if length > upload.length_bytes => Err(too_long()),
        _ => Err(too_short()),
    }
}

/// Writes the body to the file; an error leaves nothing behind.
async fn receive_body(
    incoming: Incoming,
    body: Body,
    length_bytes: u64,
    transfer: &Transfer,
    limits: &UploadLimits,
) -> Result<Incoming, Problem> {
    let started = Timer::now();
    let mut file = tokio::fs::File::from_std(incoming.file.try_clone().map_err(broken)?);
    let mut chunks = body.into_data_stream();
    let mut received: u64 = 0;
    loop {
        let deadline = limits.deadline(started, received, Timer::now());
        let chunk = tokio::select! {
            biased;
            () = transfer.replaced() => return Err(refused(Refusal::InProgress)),
            chunk = timeout_at(deadline, chunks.next()) => chunk.map_err(|_| too_slow())?,
        };
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|_| too_short())?;
        transfer.heard(Timer::now());
        received += chunk.len() as u64;
        if received > length_bytes {
            return Err(too_long());
        }
        file.write_all(&chunk).await.map_err(broken)?;
    }
    if received < length_bytes {
        return Err(too_short());
    }
    file.flush().await.map_err(broken)?;
    Ok(incoming)
}

/// Reads what comes of a body that is not wanted, for a while: a browser that is cut off while it sends shows no answer.
async fn discard(body: Body, limits: &UploadLimits) {
    let mut chunks = body.into_data_stream();
    let _ = timeout(limits.grace, async { while let Some(Ok(_)) = chunks.next().await {} }).await;
}

impl DiskBlobs {
    async fn admit(&self, key: &BlobKey) -> Result<Transfer, Problem> {
        if self.files.exists(key).await.map_err(broken)? {
            return Err(taken());
        }
        self.transfers.begin(key).map_err(refused)
    }

    fn check(&self, request: &Request) -> Result<Grant, Problem> {
        self.signer.check(request.method(), request.uri(), self.clock.now()).map_err(|refused| match refused {
            Refused::Forged => forged(),
            Refused::Expired => {
                Problem::forbidden("url_expired", "This address has expired. Fetch what it belongs to again.")
            }
        })
    }
}

fn forged() -> Problem {
    Problem::forbidden("signature_mismatch", "This address was not signed by this server, or was changed since.")
}

fn taken() -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "already_uploaded", "An upload address works once.")
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::InProgress => Problem::conflict(
            "upload_in_progress",
            "Another upload to this address is running. Wait for it, or try again once it has stalled.",
        )
        .retry_after(RETRY_AFTER),
        Refusal::TooManyOfThisPerson => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_uploads",
            "Too many of your uploads are running. Send this file when one of them has finished.",
        )
        .retry_after(RETRY_AFTER),
        Refusal::TooMany => Problem::unavailable(),
    }
}

fn too_long() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is longer than the length that was signed.")
}

fn too_short() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "body_incomplete",
        "The body is shorter than the length that was signed. Nothing was stored; the address can be used again.",
    )
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "upload_too_slow",
        "The upload stalled, or came too slowly. Nothing was stored; try again.",
    )
}

fn unavailable(error: BlobError) -> Problem {
    tracing::error!(%error, "a blob could not be stored or read");
    Problem::unavailable()
}

fn broken(error: std::io::Error) -> Problem {
    unavailable(error.into())
}
