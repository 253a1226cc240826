//! The live connection as one AsyncAPI 3.0 document, made from the types that its frames are read into and written
//! from: a frame that changes in the code changes here.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use village_messaging::MessagingSettings;
use village_messaging::frames::{ClientFrame, CloseCode, MAX_FRAME_BYTES, MAX_REF_BYTES, SUBPROTOCOL, ServerFrame};

const DESCRIPTION: &str = "The live connection of Village: a WebSocket with JSON text frames told apart by `type`. Every \
    frame of a client has a `ref` and gets exactly one `ack` or `error` with it. Say `hello` first. How resuming, holes \
    and heartbeats work together is told in docs/messaging.md; the operations over HTTP are in openapi.json.";

pub fn document() -> anyhow::Result<Value> {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    ClientFrame::schemas(&mut schemas);
    ServerFrame::schemas(&mut schemas);
    let mut components = Map::new();
    for (name, schema) in schemas {
        components.insert(name, serde_json::to_value(schema)?);
    }
    let mut messages = Map::new();
    let from_client = add_frames(&mut messages, "client", &with_type(serde_json::to_value(ClientFrame::schema())?))?;
    let from_server = add_frames(&mut messages, "server", &serde_json::to_value(ServerFrame::schema())?)?;
    let channel_messages: Map<String, Value> = messages
        .keys()
        .map(|name| (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") })))
        .collect();
    let operation = |action: &str, summary: &str, names: &[String]| {
        let messages: Vec<Value> =
            names.iter().map(|name| json!({ "$ref": format!("#/channels/messaging/messages/{name}") })).collect();
        json!({ "action": action, "channel": { "$ref": "#/channels/messaging" }, "summary": summary, "messages": messages })
    };
    let limits = MessagingSettings::new("http://localhost");
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Village, live",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": {
            "messaging": {
                "address": "/messaging",
                "description": format!("A WebSocket with the subprotocol `{SUBPROTOCOL}`. No token in the address."),
                "bindings": { "ws": {
                    "method": "GET",
                    "headers": {
                        "type": "object",
                        "properties": { "Sec-WebSocket-Protocol": { "type": "string", "const": SUBPROTOCOL } },
                    },
                    "bindingVersion": "0.1.0",
                } },
                "messages": channel_messages,
            },
        },
        "operations": {
            "from_client": operation("receive", "What a client sends.", &from_client),
            "from_server": operation("send", "What the server sends.", &from_server),
        },
        "components": { "messages": messages, "schemas": components },
        "x-close-codes": CloseCode::ALL
            .map(|close| json!({ "code": close.code(), "reason": close.reason(), "meaning": close.meaning() })),
        "x-limits": {
            "frame_bytes": MAX_FRAME_BYTES,
            "ref_bytes": MAX_REF_BYTES,
            "hello_seconds": limits.hello_timeout.as_secs(),
            "frames_per_second": limits.frames_per_second,
            "frames_at_once": limits.frame_burst,
            "waiting_frames": limits.max_queued_frames,
            "waiting_bytes": limits.max_queued_bytes,
            "write_seconds": limits.write_timeout.as_secs(),
            "sockets_of_one_person_on_a_node": limits.max_sockets_per_person,
            "heartbeat_seconds": limits.heartbeat.as_secs(),
        },
    }))
}

/// A frame of a client is declared as `{name: fields}` and written as the fields with `type: name` among them.
fn with_type(mut union: Value) -> Value {
    for variant in union["oneOf"].as_array_mut().into_iter().flatten() {
        let declared = variant.take();
        let Some((name, fields)) = declared["properties"].as_object().and_then(|outer| outer.iter().next()) else {
            continue;
        };
        let mut frame = fields.clone();
        frame["properties"]["type"] = json!({ "type": "string", "enum": [name] });
        if let Some(required) = frame["required"].as_array_mut() {
            required.push(json!("type"));
        }
        frame["description"] = declared["description"].clone();
        *variant = frame;
    }
    union
}

/// One message for each variant of a union of frames. Returns their names.
fn add_frames(messages: &mut Map<String, Value>, side: &str, union: &Value) -> anyhow::Result<Vec<String>> {
    let variants = union["oneOf"].as_array().ok_or_else(|| anyhow::anyhow!("frames are a union"))?;
    let mut names = Vec::with_capacity(variants.len());
    for variant in variants {
        let kind = find_type(variant).ok_or_else(|| anyhow::anyhow!("a frame has no type: {variant}"))?;
        let name = format!("{side}_{kind}");
        let summary = variant["description"].as_str().unwrap_or_default();
        messages.insert(name.clone(), json!({ "name": kind, "title": kind, "summary": summary, "payload": variant }));
        names.push(name);
    }
    Ok(names)
}

/// The one value of the property `type`, wherever the variant holds it.
fn find_type(variant: &Value) -> Option<String> {
    let own = &variant["properties"]["type"]["enum"][0];
    let parts = variant["allOf"].as_array().into_iter().flatten();
    own.as_str().map(str::to_owned).or_else(|| parts.into_iter().find_map(find_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_described_and_every_reference_leads_somewhere() {
        let document = document().unwrap();
        let messages = document["components"]["messages"].as_object().unwrap();
        for name in ["client_hello", "client_send", "client_resume", "server_ack", "server_rows", "server_heartbeat"] {
            assert!(messages.contains_key(name), "{name} is missing");
        }
        for (name, message) in messages {
            assert!(!message["summary"].as_str().unwrap().is_empty(), "{name} has no description");
        }
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field.as_str() {
                        Some(target) if name == "$ref" => references.push(target.to_owned()),
                        _ => collect(field, references),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
            _ => {}
        }
    }
}
