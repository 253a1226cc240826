//! The rules that every blob store keeps, through its trait and through real HTTP on the URLs it signs.
//! `contract_suite!(start)` runs all of them on the adapter that `start` opens.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Method, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use village_blob::{BlobError, BlobInfo, BlobKey, BlobStore, SignedUpload};
use village_kernel::{Clock, Instant};

/// An adapter ready for use.
pub struct Fixture {
    pub store: Arc<dyn BlobStore>,
    /// The clock by which the store decides what has expired.
    pub clock: Arc<dyn Clock>,
    /// What must live as long as the store: its folder, its server.
    #[allow(dead_code)]
    pub keep: Box<dyn Any + Send>,
}

impl Fixture {
    fn soon(&self) -> Instant {
        self.clock.now().plus(Duration::from_secs(600))
    }

    fn upload(&self, key: &BlobKey, body: &[u8]) -> SignedUpload {
        self.store.presign_put(key, "image/jpeg", body.len() as u64, self.soon()).unwrap()
    }

    async fn get(&self, key: &BlobKey) -> Response {
        let url = self.store.presign_get(key, self.soon()).unwrap().url;
        reqwest::get(url).await.unwrap()
    }

    async fn content(&self, key: &BlobKey) -> Option<Bytes> {
        self.store.read(key, 1 << 20).await.unwrap()
    }
}

pub fn key(text: &str) -> BlobKey {
    text.parse().unwrap()
}

pub async fn send(upload: &SignedUpload, body: impl Into<reqwest::Body>) -> Response {
    let mut request = Client::new().put(&upload.url).body(body);
    for (name, value) in &upload.headers {
        request = request.header(*name, value);
    }
    request.send().await.unwrap()
}

macro_rules! contract_suite {
    ($start:path) => {
        contract::contract_suite!($start:
            a_signed_upload_arrives_whole_and_is_read_by_a_signed_url,
            a_signed_upload_works_once,
            of_racing_uploads_exactly_one_wins,
            an_upload_with_other_headers_or_another_length_is_refused_and_stores_nothing,
            an_upload_that_breaks_off_stores_nothing_and_can_be_sent_again,
            an_expired_url_is_refused,
            a_url_is_good_for_its_own_method_and_key_only,
            what_does_not_exist_is_not_found,
            what_was_written_is_read_and_replaced_whole,
            a_read_holds_no_more_than_its_limit,
            deleting_takes_only_the_one_object_and_may_be_repeated,
            the_same_grant_gives_the_same_url,
            a_working_store_is_healthy,
        );
    };
    ($start:path: $($rule:ident,)+) => {$(
        #[tokio::test]
        async fn $rule() {
            contract::$rule(&$start().await).await;
        }
    )+};
}
pub(crate) use contract_suite;

pub async fn a_signed_upload_arrives_whole_and_is_read_by_a_signed_url(fixture: &Fixture) {
    let (key, body) = (key("uploads/1/a.jpg"), Bytes::from(vec![7_u8; 300_000]));
    let upload = fixture.upload(&key, &body);
    assert_eq!(upload.method, "PUT");
    assert_eq!(send(&upload, body.clone()).await.status(), StatusCode::OK);
    assert_eq!(fixture.store.head(&key).await.unwrap(), Some(BlobInfo { length_bytes: 300_000 }));
    assert_eq!(fixture.content(&key).await.unwrap(), body);
    let response = fixture.get(&key).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    assert_eq!(response.bytes().await.unwrap(), body);
}

pub async fn a_signed_upload_works_once(fixture: &Fixture) {
    let key = key("uploads/1/a.jpg");
    let upload = fixture.upload(&key, b"first");
    assert_eq!(send(&upload, "first").await.status(), StatusCode::OK);
    assert_eq!(send(&upload, "other").await.status(), StatusCode::PRECONDITION_FAILED);
    // Nor does a second URL for the same key.
    let again = fixture.upload(&key, b"third time");
    assert_eq!(send(&again, "third time").await.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(fixture.content(&key).await.unwrap(), "first");
}

pub async fn of_racing_uploads_exactly_one_wins(fixture: &Fixture) {
    for round in 0..5 {
        let key = key(&format!("uploads/{round}/a.jpg"));
        let bodies: Vec<Bytes> = (0..8_u8).map(|each| Bytes::from(vec![each; 200_000])).collect();
        let upload = fixture.upload(&key, &bodies[0]);
        let statuses =
            futures::future::join_all(bodies.iter().map(|body| async { send(&upload, body.clone()).await.status() }))
                .await;
        let winners: Vec<usize> = (0..8).filter(|each| statuses[*each] == StatusCode::OK).collect();
        assert_eq!(winners.len(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status.as_u16(), 200 | 409 | 412)), "{statuses:?}");
        assert_eq!(fixture.content(&key).await.unwrap(), bodies[winners[0]]);
    }
}

pub async fn an_upload_with_other_headers_or_another_length_is_refused_and_stores_nothing(fixture: &Fixture) {
    let key = key("uploads/1/a.jpg");
    let upload = fixture.upload(&key, b"12345");
    for body in ["1234", "123456", ""] {
        let status = send(&upload, body).await.status();
        assert!(status.is_client_error(), "{} bytes: {status}", body.len());
    }
    for changed in ["Content-Type", "If-None-Match"] {
        for value in [None, Some("text/html"), Some("\"abc\"")] {
            let mut upload = upload.clone();
            match value {
                None => upload.headers.remove(changed),
                Some(value) => upload.headers.insert(changed, value.to_owned()),
            };
            let status = send(&upload, "12345").await.status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{changed}: {value:?}");
        }
    }
    assert_eq!(fixture.store.head(&key).await.unwrap(), None);
    assert_eq!(send(&upload, "12345").await.status(), StatusCode::OK);
}

pub async fn an_upload_that_breaks_off_stores_nothing_and_can_be_sent_again(fixture: &Fixture) {
    let key = key("uploads/1/a.jpg");
    let upload = fixture.upload(&key, &[1; 1000]);
    let url = reqwest::Url::parse(&upload.url).unwrap();
    let address = (url.host_str().unwrap(), url.port_or_known_default().unwrap());
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut head = format!("PUT {}?{} HTTP/1.1\r\n", url.path(), url.query().unwrap_or_default());
    head += &format!("Host: {}:{}\r\nContent-Length: 1000\r\n", address.0, address.1);
    for (name, value) in &upload.headers {
        head += &format!("{name}: {value}\r\n");
    }
    connection.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    connection.write_all(&[1; 400]).await.unwrap();
    connection.shutdown().await.unwrap();
    // The server has noticed once it ends the connection, with an answer or without.
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 2"));
    assert_eq!(fixture.store.head(&key).await.unwrap(), None);
    assert_eq!(send(&upload, vec![1; 1000]).await.status(), StatusCode::OK);
}

pub async fn an_expired_url_is_refused(fixture: &Fixture) {
    let key = key("media/1/small.jpg");
    let past = fixture.clock.now().minus(Duration::from_secs(1));
    let upload = fixture.store.presign_put(&key, "image/jpeg", 5, past).unwrap();
    assert_eq!(send(&upload, "12345").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(fixture.store.head(&key).await.unwrap(), None);
    fixture.store.write(&key, "image/jpeg", "12345".into()).await.unwrap();
    let url = fixture.store.presign_get(&key, past).unwrap().url;
    assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::FORBIDDEN);
}

pub async fn a_url_is_good_for_its_own_method_and_key_only(fixture: &Fixture) {
    let (mine, other) = (key("media/1/small.jpg"), key("media/2/small.jpg"));
    for key in [&mine, &other] {
        fixture.store.write(key, "image/jpeg", "12345".into()).await.unwrap();
    }
    let read = fixture.store.presign_get(&mine, fixture.soon()).unwrap().url;
    let upload = fixture.upload(&key("uploads/1/a.jpg"), b"12345");
    let elsewhere = read.replace("media/1", "media/2");
    let unsigned = read.split('?').next().unwrap().to_owned();
    for (method, url) in [
        (Method::GET, &elsewhere),
        (Method::GET, &unsigned),
        (Method::GET, &upload.url),
        (Method::PUT, &read),
        (Method::DELETE, &read),
        (Method::POST, &read),
    ] {
        let status = Client::new().request(method.clone(), url).send().await.unwrap().status();
        assert!(matches!(status.as_u16(), 400 | 403 | 405), "{method} {url}: {status}");
    }
    assert_eq!(fixture.content(&mine).await.unwrap(), "12345");
}

pub async fn what_does_not_exist_is_not_found(fixture: &Fixture) {
    let key = key("media/none/small.jpg");
    assert_eq!(fixture.store.head(&key).await.unwrap(), None);
    assert_eq!(fixture.content(&key).await, None);
    assert_eq!(fixture.get(&key).await.status(), StatusCode::NOT_FOUND);
}

pub async fn what_was_written_is_read_and_replaced_whole(fixture: &Fixture) {
    let key = key("media/1/abc/small.jpg");
    for body in [&b"first"[..], b"the second", b"", b"3"] {
        fixture.store.write(&key, "image/jpeg", Bytes::from_static(body)).await.unwrap();
        assert_eq!(fixture.content(&key).await.unwrap(), body);
    }
}

pub async fn a_read_holds_no_more_than_its_limit(fixture: &Fixture) {
    let key = key("media/1/small.jpg");
    fixture.store.write(&key, "image/jpeg", "12345".into()).await.unwrap();
    assert_eq!(fixture.store.read(&key, 5).await.unwrap().unwrap(), "12345");
    let refused = fixture.store.read(&key, 4).await;
    assert!(matches!(refused, Err(BlobError::TooLarge { length_bytes: 5, limit_bytes: 4 })), "{refused:?}");
}

pub async fn deleting_takes_only_the_one_object_and_may_be_repeated(fixture: &Fixture) {
    let (one, sibling) = (key("media/1/abc/small.jpg"), key("media/1/abc/large.jpg"));
    for key in [&one, &sibling] {
        fixture.store.write(key, "image/jpeg", "12345".into()).await.unwrap();
    }
    for _ in 0..2 {
        fixture.store.delete(&one).await.unwrap();
        assert_eq!(fixture.content(&one).await, None);
        assert_eq!(fixture.get(&one).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(fixture.content(&sibling).await.unwrap(), "12345");
    }
    fixture.store.delete(&sibling).await.unwrap();
    fixture.store.delete(&key("media/1/abc/small.jpg/below")).await.unwrap();
    fixture.store.write(&one, "image/jpeg", "again".into()).await.unwrap();
    assert_eq!(fixture.content(&one).await.unwrap(), "again");
}

pub async fn the_same_grant_gives_the_same_url(fixture: &Fixture) {
    let key = key("media/1/small.jpg");
    let soon = fixture.soon();
    let signed = fixture.store.presign_get(&key, soon).unwrap();
    assert!(signed.expires_at <= soon);
    assert_eq!(fixture.store.presign_get(&key, soon).unwrap(), signed);
    assert_ne!(fixture.store.presign_get(&key, soon.plus_secs(60)).unwrap().url, signed.url);
}

pub async fn a_working_store_is_healthy(fixture: &Fixture) {
    fixture.store.health().await.unwrap();
}
