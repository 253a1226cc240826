//! The contract on the local disk, and what is true of files in particular.

mod contract;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::{Fixture, contract_suite, key, send};
use futures::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use proptest::prelude::*;
use reqwest::{Client, StatusCode};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use village_blob::{BlobStore, DiskBlobs, SignedUpload, UploadLimits};
use village_kernel::Clock;
use village_kernel::secret::MasterKey;
use village_testkit::FakeClock;

struct Disk {
    blobs: Arc<DiskBlobs>,
    clock: FakeClock,
    origin: String,
    folder: TempDir,
}

async fn disk() -> Disk {
    disk_with(UploadLimits::default()).await
}

async fn disk_with(limits: UploadLimits) -> Disk {
    let folder = tempfile::tempdir().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let clock = FakeClock::default();
    let key = MasterKey::from_bytes([9; 32]).derive("blobs");
    let folder_of_blobs = folder.path().join("blobs");
    let blobs = DiskBlobs::open_with(&folder_of_blobs, &origin, key, clock.shared(), limits).unwrap();
    tokio::spawn(axum::serve(listener, blobs.router()).into_future());
    Disk { blobs, clock, origin, folder }
}

async fn start() -> Fixture {
    let disk = disk().await;
    Fixture { store: disk.blobs.clone(), clock: disk.clock.shared(), keep: Box::new(disk) }
}

contract_suite!(start);

impl Disk {
    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("blobs")
    }

    fn reopen(&self) {
        let key = MasterKey::from_bytes([9; 32]).derive("blobs");
        DiskBlobs::open(&self.root(), &self.origin, key, self.clock.shared()).unwrap();
    }

    fn incoming_files(&self) -> usize {
        fs::read_dir(self.root().join(".incoming")).unwrap().count()
    }

    fn upload(&self, name: &str, length_bytes: u64) -> SignedUpload {
        let soon = self.clock.now().plus_secs(600);
        self.blobs.presign_put(&key(name), "image/jpeg", length_bytes, soon).unwrap()
    }

    /// A connection on which an upload of `length` bytes has begun, and `sent` of them have been sent.
    async fn begun(&self, upload: &SignedUpload, length: usize, sent: usize) -> tokio::net::TcpStream {
        let address = self.origin.trim_start_matches("http://");
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut head =
            format!("PUT {} HTTP/1.1\r\nHost: village\r\nConnection: close\r\n", &upload.url[self.origin.len()..]);
        upload.headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        head += &format!("Content-Length: {length}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&vec![b'1'; sent]).await.unwrap();
        connection
    }

    /// Until so many uploads are being received.
    async fn until_receiving(&self, count: usize) {
        while self.incoming_files() != count {
            tokio::task::yield_now().await;
        }
    }

    async fn stored(&self, name: &str) -> String {
        self.blobs.write(&key(name), "image/jpeg", "12345".into()).await.unwrap();
        self.blobs.presign_get(&key(name), self.clock.now().plus_secs(600)).unwrap().url
    }
}

async fn refusal(url: &str) -> (StatusCode, String, String) {
    let response = reqwest::get(url).await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status(), kind, response.text().await.unwrap())
}

#[tokio::test]
async fn an_image_is_served_privately_until_its_url_expires_and_never_as_a_page() {
    let disk = disk().await;
    let url = disk.stored("media/1/small.jpg").await;
    disk.clock.advance(Duration::from_secs(100));
    let response = reqwest::get(&url).await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "private, max-age=500, immutable");
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("content-length"), "5");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-disposition"), "inline");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    let again = Client::new().get(&url).header("if-none-match", header("etag")).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    disk.clock.advance(Duration::from_secs(500));
    let (status, kind, body) = refusal(&url).await;
    assert_eq!((status, kind.as_str()), (StatusCode::FORBIDDEN, "application/problem+json"));
    assert!(body.contains("\"url_expired\""), "{body}");
}

#[tokio::test]
async fn without_a_signature_an_object_that_exists_looks_like_one_that_does_not() {
    let disk = disk().await;
    let url = disk.stored("media/1/small.jpg").await;
    let here = url.split('?').next().unwrap();
    let signature = url.rsplit_once('=').unwrap().1;
    for query in ["", "?", "?expires=1", "?expires=9999999999999999&signature=", &format!("?signature={signature}")] {
        let existing = refusal(&format!("{here}{query}")).await;
        let missing = refusal(&format!("{}/blobs/media/2/small.jpg{query}", disk.origin)).await;
        assert_eq!(existing, missing, "{query}");
        assert_eq!(existing.0, StatusCode::FORBIDDEN);
        assert_eq!(existing.1, "application/problem+json");
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let disk = disk().await;
    fs::write(disk.folder.path().join("secret"), "secret").unwrap();
    let url = disk.stored("media/1/small.jpg").await;
    let query = url.split_once('?').unwrap().1;
    // Written by hand: an HTTP client tidies such paths up before it sends them.
    for path in
        ["../secret", "%2e%2e/secret", "..%2fsecret", "media/../../secret", ".incoming/x", "%00", "media//1", "media"]
    {
        let mut connection = tokio::net::TcpStream::connect(disk.origin.trim_start_matches("http://")).await.unwrap();
        let request = format!("GET /blobs/{path}?{query} HTTP/1.1\r\nHost: village\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403"), "{path}: {answer}");
        assert!(!answer.contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn an_upload_that_does_not_say_its_length_is_refused() {
    let disk = disk().await;
    let key = key("uploads/1/a.jpg");
    let upload = disk.blobs.presign_put(&key, "image/jpeg", 5, disk.clock.now().plus_secs(60)).unwrap();
    let chunked = stream::iter(["123", "45"].map(|part| Ok::<_, std::io::Error>(Frame::data(Bytes::from(part)))));
    let chunked = reqwest::Body::wrap(StreamBody::new(chunked));
    assert_eq!(send(&upload, chunked).await.status(), StatusCode::LENGTH_REQUIRED);
    let problem = send(&upload, "123456").await;
    assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    assert_eq!(send(&upload, "1234").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(disk.blobs.head(&key).await.unwrap(), None);
    assert_eq!(disk.incoming_files(), 0);
}

async fn answer(mut connection: tokio::net::TcpStream) -> String {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_length_that_is_too_large_is_refused_before_a_byte_has_come() {
    let disk = disk().await;
    let answer = answer(disk.begun(&disk.upload("uploads/1/a.jpg", 5), 6, 0).await).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("body_too_large"), "{answer}");
}

#[tokio::test]
async fn one_upload_at_a_time_runs_for_an_address() {
    let disk = disk().await;
    let upload = disk.upload("uploads/ana/1/a.jpg", 10);
    let mut first = disk.begun(&upload, 10, 4).await;
    disk.until_receiving(1).await;
    for _ in 0..3 {
        let refused = send(&upload, "1111111111").await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert!(refused.headers().contains_key("retry-after"));
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        assert!(refused.text().await.unwrap().contains("upload_in_progress"));
    }
    first.write_all(b"111111").await.unwrap();
    assert!(answer(first).await.starts_with("HTTP/1.1 200"));
    assert_eq!(send(&upload, "1111111111").await.status(), StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn an_upload_that_has_stalled_makes_way_for_the_next_try() {
    let disk = disk_with(UploadLimits { stalled: Duration::ZERO, ..UploadLimits::default() }).await;
    let upload = disk.upload("uploads/ana/1/a.jpg", 10);
    let first = disk.begun(&upload, 10, 4).await;
    disk.until_receiving(1).await;
    assert_eq!(send(&upload, "2222222222").await.status(), StatusCode::OK);
    let answer = answer(first).await;
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert_eq!(disk.blobs.read(&key("uploads/ana/1/a.jpg"), 10).await.unwrap().unwrap(), "2222222222");
    assert_eq!(disk.incoming_files(), 0);
}

#[tokio::test]
async fn one_persons_uploads_leave_room_for_others() {
    let disk = disk_with(UploadLimits { per_person: 2, at_once: 4, ..UploadLimits::default() }).await;
    let uploads: Vec<_> = (0..3).map(|each| disk.upload(&format!("uploads/ana/{each}/a.jpg"), 10)).collect();
    let first = disk.begun(&uploads[0], 10, 4).await;
    let second = disk.begun(&uploads[1], 10, 4).await;
    disk.until_receiving(2).await;
    let refused = send(&uploads[2], "1111111111").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().contains("too_many_uploads"));
    let anothers = disk.upload("uploads/bo/1/a.jpg", 10);
    assert_eq!(send(&anothers, "1111111111").await.status(), StatusCode::OK);
    // All places taken: everybody waits.
    let third = disk.begun(&disk.upload("uploads/cy/1/a.jpg", 10), 10, 4).await;
    let fourth = disk.begun(&disk.upload("uploads/di/1/a.jpg", 10), 10, 4).await;
    disk.until_receiving(4).await;
    let late = disk.upload("uploads/ed/1/a.jpg", 10);
    assert_eq!(send(&late, "1111111111").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop((first, second, third, fourth));
    disk.until_receiving(0).await;
    assert_eq!(send(&late, "1111111111").await.status(), StatusCode::OK);
    assert_eq!(send(&uploads[2], "1111111111").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_upload_that_comes_too_slowly_is_given_up() {
    let grace = Duration::from_millis(50);
    let disk = disk_with(UploadLimits { grace, min_bytes_per_second: 1 << 20, ..UploadLimits::default() }).await;
    let upload = disk.upload("uploads/ana/1/a.jpg", 1_000);
    let answer = answer(disk.begun(&upload, 1_000, 400).await).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("upload_too_slow"), "{answer}");
    assert_eq!(disk.incoming_files(), 0);
    assert_eq!(send(&upload, vec![b'1'; 1_000]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn files_and_folders_are_for_the_servers_user_only() {
    fn check(path: &Path) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if path.is_dir() {
            fs::read_dir(path).unwrap().for_each(|entry| check(&entry.unwrap().path()));
        }
    }
    let disk = disk().await;
    disk.stored("media/1/abc/small.jpg").await;
    let upload = disk.blobs.presign_put(&key("uploads/1/x"), "image/png", 1, disk.clock.now().plus_secs(60)).unwrap();
    assert_eq!(send(&upload, "1").await.status(), StatusCode::OK);
    check(&disk.root());
}

#[tokio::test]
async fn what_a_killed_process_left_half_received_is_cleared_at_start_and_what_is_being_received_is_not() {
    let disk = disk().await;
    fs::write(disk.root().join(".incoming/0123456789abcdef"), "half an image").unwrap();
    let held = fs::File::create(disk.root().join(".incoming/held")).unwrap();
    held.lock().unwrap();
    disk.reopen();
    assert_eq!(disk.incoming_files(), 1);
    drop(held);
    disk.reopen();
    assert_eq!(disk.incoming_files(), 0);
}

#[tokio::test]
async fn no_folder_is_left_empty() {
    let disk = disk().await;
    disk.stored("media/1/abc/small.jpg").await;
    disk.blobs.delete(&key("media/1/abc/small.jpg")).await.unwrap();
    assert!(!disk.root().join("media").exists());
    assert!(disk.root().exists());
}

#[test]
fn a_url_changed_in_any_byte_is_answered_403_with_a_problem() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let disk = runtime.block_on(disk());
    let url = runtime.block_on(disk.stored("media/1/small.jpg"));
    let client = Client::new();
    let start = disk.origin.len() + "/blobs/".len();
    let alphabet = "[a-zA-Z0-9._=&%-]";
    proptest!(ProptestConfig::with_cases(200), |(at in start..url.len(), byte in alphabet, insert: bool)| {
        let rest = if insert { &url[at..] } else { &url[at + 1..] };
        let changed = format!("{}{byte}{rest}", &url[..at]);
        prop_assume!(changed != url);
        let response = runtime.block_on(client.get(&changed).send()).unwrap();
        prop_assert_eq!(response.status(), StatusCode::FORBIDDEN, "{}", changed);
        prop_assert_eq!(&response.headers()["content-type"], "application/problem+json");
    });
}
