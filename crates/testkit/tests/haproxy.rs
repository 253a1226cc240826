//! The load balancer of the tests works where they run.

use village_testkit::{Haproxy, Person, free_port};

#[tokio::test]
async fn it_listens_when_it_has_started_and_is_gone_when_dropped() {
    let address = format!("127.0.0.1:{}", free_port());
    let config = format!(
        "defaults\n    mode http\n    timeout connect 1s\n    timeout client 5s\n    timeout server 5s\n\
         frontend test\n    bind {address}\n    http-request return status 200 content-type text/plain string hello\n"
    );
    let haproxy = Haproxy::start(&config, &address).await;
    let stranger = Person::stranger(&haproxy.base());
    assert_eq!(stranger.get("/anything").await, (200, "hello".into()));
    drop(haproxy);
    assert!(stranger.try_send_bytes(village_testkit::Method::GET, "/", &[], None).await.is_err());
}
