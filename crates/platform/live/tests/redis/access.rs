//! Passwords, rights and certificates.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use village_live::{Interest, Live, RedisConfig, RedisLive};
use village_testkit::RedisServer;

use crate::{Node, id, message};

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_talked_to() {
    let tls = village_testkit::RedisOptions { tls: true, password: Some("secret".to_owned()), ..Default::default() };
    let (ours, false_one) = (RedisServer::with(tls.clone()).await, RedisServer::with(tls).await);
    let trusting = async |authority: Option<&str>| {
        let authority = authority.map(|pem| pem.as_bytes().to_vec());
        Node::with(&ours.url(), |config| config.ca_certificates = authority).await.live.present(&[id(1)]).await
    };
    assert_eq!(trusting(Some(ours.authority())).await, Some(HashSet::new()));
    assert_eq!(trusting(Some(false_one.authority())).await, None);
    assert_eq!(trusting(None).await, None);
    let mut broken = RedisConfig::new(ours.url().parse().unwrap());
    broken.ca_certificates = Some(b"-----BEGIN CERTIFICATE-----\nnonsense".to_vec());
    assert!(RedisLive::start(broken, &TaskTracker::new(), CancellationToken::new()).await.is_err());
}

#[tokio::test]
async fn a_user_of_its_own_needs_no_more_rights_than_the_manual_says() {
    let manual = include_str!("../../../../../docs/operations.md");
    let rights = manual.lines().find(|line| line.starts_with("`~village:*")).expect("a line of rights");
    let server = RedisServer::start().await;
    let user = ["ACL", "SETUSER", "village", "on", ">secret"];
    let command: Vec<&str> = user.into_iter().chain(rights.trim_matches('`').split(' ')).collect();
    assert_eq!(server.command(&command).await, "+OK");
    let url = format!("redis://village:secret@{}/1", server.address());
    let (one, mut other) = (Node::start(&url).await, Node::start(&url).await);
    other.attend([Interest::Conversation(id(1)), Interest::Present(id(1))]).await;
    one.live.publish(message(1, 1));
    other.expect(message(1, 1)).await;
    assert_eq!(one.live.present(&[id(1)]).await, Some(HashSet::from([id(1)])));
    other.leave().await;
    assert_eq!(one.live.present(&[id(1)]).await, Some(HashSet::new()));
}

#[tokio::test]
async fn a_wrong_password_is_an_outage_and_not_an_end() {
    let options = village_testkit::RedisOptions { password: Some("right".to_owned()), ..Default::default() };
    let server = RedisServer::with(options).await;
    let mut node = Node::start(&format!("redis://:wrong@{}", server.address())).await;
    node.publish_locally(message(1, 1));
    assert_eq!(node.live.present(&[id(1)]).await, None);
}
