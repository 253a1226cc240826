//! What holds for every operation, whatever it does: bodies that are too long or compressed, entity tags, HEAD.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Village, on_both_engines};

/// Sends a head and nothing else; the answer until the server closes.
async fn answer_to(village: &Village, head: &str) -> String {
    let address = village.base().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(std::time::Duration::from_secs(30), stream.read_to_string(&mut answer));
    let _ = read.await.expect("the answer needs no body");
    answer
}

/// Method and path of every operation, with something in place of the parameters.
async fn operations(village: &Village) -> Vec<(String, String)> {
    let openapi = village.openapi().await;
    let mut all = Vec::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        for method in item.as_object().unwrap().keys() {
            all.push((method.to_uppercase(), path.join("/")));
        }
    }
    all
}

#[tokio::test]
async fn a_body_that_is_too_long_or_compressed_is_refused_unread_in_every_operation() {
    on_both_engines(async |village: &Village| {
        for (method, path) in operations(village).await {
            for (header, status, code) in [
                ("Content-Length: 70000000", "413", "body_too_large"),
                ("Content-Encoding: gzip\r\nContent-Length: 20", "415", "unsupported_media_type"),
            ] {
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nHost: village.example\r\nConnection: close\r\n\
                     Content-Type: application/json\r\n{header}\r\n\r\n"
                );
                let answer = answer_to(village, &head).await;
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {answer}");
                assert!(answer.contains("application/problem+json"), "{method} {path}: {answer}");
                assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{method} {path}: {answer}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_host_and_a_length_are_named_once() {
    on_both_engines(async |village: &Village| {
        for (head, code) in [
            ("GET /feed HTTP/1.1\r\n\r\n", "invalid_host"),
            ("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", "invalid_host"),
            (
                "POST /auth/login HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                "invalid_framing",
            ),
            (
                "POST /auth/login HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: identity, chunked\r\n\r\n",
                "invalid_framing",
            ),
            ("PUT /blobs/x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "invalid_host"),
        ] {
            let answer = answer_to(village, head).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{head}: {answer}");
            assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{head}: {answer}");
            assert!(answer.contains("\"request_id\""), "{head}: {answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_has_the_newest_version_is_told_so_in_every_form_of_the_question() {
    on_both_engines(async |village: &Village| {
        let ana = village.owner().await;
        let browser = reqwest::Client::new();
        let profile = format!("/users/{}", ana.id);
        // A file of the client, if this build has one, and a JSON answer.
        let mut paths = vec![profile];
        for file in ["/manifest.webmanifest", "/favicon.svg", "/icon.svg"] {
            let answer = browser.get(format!("{}{file}", village.base())).send().await.unwrap();
            if answer.status() == 200 && answer.headers().contains_key("etag") {
                paths.push(file.to_owned());
            }
        }
        for path in paths {
            let ask = async |if_none_match: &[&str], head: bool| {
                let url = format!("{}{path}", village.base());
                let mut request = if head { browser.head(url) } else { browser.get(url) }.bearer_auth(ana.token());
                for line in if_none_match {
                    request = request.header("if-none-match", *line);
                }
                request.send().await.unwrap()
            };
            let whole = ask(&[], false).await;
            assert_eq!(whole.status(), 200, "{path}");
            let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
            let (weak, listed) = (format!("W/{tag}"), format!("\"other\", W/\"x\" ,{tag}"));
            for lines in [&[tag.as_str()][..], &[&weak], &[&listed], &["\"other\"", &tag], &["*"]] {
                let answer = ask(lines, false).await;
                assert_eq!(
                    (answer.status().as_u16(), &answer.headers()["etag"]),
                    (304, &whole.headers()["etag"]),
                    "{path} {lines:?}"
                );
                assert_eq!(ask(lines, true).await.status(), 304, "{path} {lines:?}");
            }
            assert_eq!(ask(&["\"other\"", "W/\"another\""], false).await.status(), 200, "{path}");
            let head = ask(&[], true).await;
            assert_eq!((head.status().as_u16(), &head.headers()["etag"]), (200, &whole.headers()["etag"]), "{path}");
            assert!(head.bytes().await.unwrap().is_empty());
            // Parts are not served: the whole is a right answer to a question for a part.
            let part =
                browser.get(format!("{}{path}", village.base())).bearer_auth(ana.token()).header("range", "bytes=0-1");
            assert_eq!(part.send().await.unwrap().status(), 200, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_contact_there_is_no_security_txt_and_no_page_in_its_place() {
    on_both_engines(async |village: &Village| {
        let answer = reqwest::Client::new()
            .get(format!("{}/.well-known/security.txt", village.base()))
            .header("accept", "text/html")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "not_found");
    })
    .await;
}
