//! `/.well-known/security.txt` (RFC 9116): whom to tell of a weakness, if the operator has said so.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header;
use village_http::Problem;
use village_kernel::Clock;

use crate::settings::{SecurityContact, Settings};

/// How long what it says is good; RFC 9116 wants less than a year. It is made anew for each answer.
const GOOD_FOR: Duration = Duration::from_secs(180 * 24 * 3600);

struct File {
    contact: Option<SecurityContact>,
    address: String,
    clock: Arc<dyn Clock>,
}

/// Served by the role that has `/.well-known`. Without a contact it is not there.
pub fn router(settings: &Settings, clock: Arc<dyn Clock>) -> Router {
    let address = format!("{}/.well-known/security.txt", settings.public_url);
    let file = File { contact: settings.security.clone(), address, clock };
    Router::new().route("/.well-known/security.txt", get(show)).with_state(Arc::new(file))
}

async fn show(State(file): State<Arc<File>>) -> Response {
    let Some(contact) = &file.contact else { return Problem::not_found().into_response() };
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, text(contact, &file.address, &file.clock.now().plus(GOOD_FOR).to_string())).into_response()
}

fn text(contact: &SecurityContact, address: &str, expires: &str) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {value}");
    };
    for contact in &contact.contacts {
        line("Contact", contact);
    }
    line("Expires", expires);
    line("Canonical", address);
    let optional =
        [("Policy", &contact.policy), ("Encryption", &contact.encryption), ("Preferred-Languages", &contact.languages)];
    for (name, value) in optional {
        if let Some(value) = value {
            line(name, value);
        }
    }
    text
}
