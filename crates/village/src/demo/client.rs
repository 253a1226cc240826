//! Calls the server's own router, without a network.

use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Somebody of the demo.
pub struct Person {
    pub id: String,
    access_token: String,
    refresh_token: String,
}

pub struct Client {
    router: Router,
}

/// A field of an answer that must be text.
pub fn text(answer: &Value, field: &str) -> anyhow::Result<String> {
    answer[field].as_str().map(str::to_owned).with_context(|| format!("the answer has no `{field}`"))
}

impl Client {
    pub fn new(router: Router) -> Self {
        Self { router }
    }

    pub async fn sign_up(&self, handle: &str, name: &str, password: &str, code: &str) -> anyhow::Result<Person> {
        let body = json!({
            "email": format!("{handle}@village.example"), "password": password,
            "handle": handle, "display_name": name, "invitation": code,
        });
        let (status, answer) = self.send(Method::POST, "/auth/signup", None, Some(body)).await?;
        if status != 201 {
            bail!("sign-up answered {status}: {}", answer["detail"]);
        }
        Ok(Person {
            id: text(&answer["me"], "id")?,
            access_token: text(&answer, "access_token")?,
            refresh_token: text(&answer, "refresh_token")?,
        })
    }

    pub async fn post(&self, person: &mut Person, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, person, path, Some(body)).await
    }

    pub async fn put(&self, person: &mut Person, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        self.call(Method::PUT, person, path, body).await
    }

    pub async fn patch(&self, person: &mut Person, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::PATCH, person, path, Some(body)).await
    }

    /// Uploads a picture as a browser does and waits until it is processed; answers its media id.
    pub async fn upload(&self, person: &mut Person, jpeg: Vec<u8>, purpose: &str) -> anyhow::Result<String> {
        let body = json!({ "content_type": "image/jpeg", "length": jpeg.len(), "purpose": purpose });
        let made = self.post(person, "/media", body).await?;
        let id = text(&made, "id")?;
        let url = text(&made["upload"], "url")?;
        let mut request = Request::builder().method(Method::PUT).uri(path_of(&url)?);
        for (name, value) in made["upload"]["headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        if !made["upload"]["headers"]
            .as_object()
            .is_some_and(|headers| headers.keys().any(|name| name.eq_ignore_ascii_case("content-length")))
        {
            request = request.header(header::CONTENT_LENGTH, jpeg.len());
        }
        let response = self.router.clone().oneshot(request.body(Body::from(jpeg))?).await?;
        if !response.status().is_success() {
            bail!("the upload answered {}", response.status());
        }
        self.post(person, &format!("/media/{id}/complete"), json!({})).await?;
        for _ in 0..600 {
            let media = self.call(Method::GET, person, &format!("/media/{id}"), None).await?;
            match media["state"].as_str() {
                Some("ready") => return Ok(id),
                Some("rejected") => bail!("a picture was rejected: {}", media["reason"]),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        bail!("a picture was not processed in time")
    }

    /// Calls as `person`, renewing the access token when the demo's clock has moved past its end.
    async fn call(
        &self,
        method: Method,
        person: &mut Person,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let (mut status, mut answer) =
            self.send(method.clone(), path, Some(&person.access_token), body.clone()).await?;
        if status == 401 {
            let refresh = json!({ "refresh_token": person.refresh_token });
            let (refreshed, session) = self.send(Method::POST, "/auth/refresh", None, Some(refresh)).await?;
            if refreshed != 200 {
                bail!("refresh answered {refreshed}: {}", session["detail"]);
            }
            person.access_token = text(&session, "access_token")?;
            person.refresh_token = text(&session, "refresh_token")?;
            (status, answer) = self.send(method.clone(), path, Some(&person.access_token), body).await?;
        }
        if !(200..300).contains(&status) {
            bail!("{method} {path} answered {status}: {}", answer["detail"]);
        }
        Ok(answer)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> anyhow::Result<(u16, Value)> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(serde_json::to_vec(&body)?)
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body)?).await?;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

/// The path and query of an absolute address on this server.
fn path_of(url: &str) -> anyhow::Result<String> {
    let uri: http::Uri = url.parse()?;
    Ok(uri.path_and_query().context("the address has no path")?.to_string())
}
