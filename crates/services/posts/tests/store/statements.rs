//! What a page costs.

use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use village_kernel::Viewer;
use village_ports::Visibility;
use village_posts::{NewPost, NewPostMedia};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, limit, no_key};

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

/// Counts what sqlx logs: one event for each statement.
struct CountStatements;

impl Subscriber for CountStatements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn event(&self, event: &Event<'_>) {
        let mut setup = IsSetup(false);
        event.record(&mut setup);
        if !setup.0 {
            STATEMENTS.fetch_add(1, Ordering::SeqCst);
        }
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Whether the pool opened another connection, which says nothing about the page.
struct IsSetup(bool);

impl tracing::field::Visit for IsSetup {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0 |= format!("{value:?}").to_ascii_lowercase().contains("pragma");
    }
}

/// Statements and questions to other services for one page of the feed.
async fn cost(world: &World, reader: &Viewer, items: u32) -> (usize, usize, usize, usize) {
    let counters = [&STATEMENTS, &world.people.questions, &world.media.questions];
    let before = counters.map(|counter| counter.load(Ordering::SeqCst));
    let page = world.posts.feed(reader, None, limit(items)).await.unwrap();
    let after = counters.map(|counter| counter.load(Ordering::SeqCst));
    (page.items.len(), after[0] - before[0], after[1] - before[1], after[2] - before[2])
}

/// Alone in its process under nextest, so that nobody else's statements are counted.
#[tokio::test]
async fn the_number_of_statements_for_a_page_does_not_depend_on_the_number_of_posts() {
    let _ = tracing::subscriber::set_global_default(CountStatements);
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let (owner, reader) = (world.person().await, world.person().await);
        let open = world.channel(&owner, "open", Visibility::Open).await;
        world.join(&owner, &reader, &open).await;
        for n in 0..50 {
            let author = world.person().await;
            world.follow(&reader, &author).await;
            world.posts.join_channel(&author, "open").await.unwrap();
            let media = world.media.add_ready(&author, &world.clock);
            let channel_id = (n % 2 == 0).then_some(open.id);
            let media = vec![NewPostMedia { media_id: media, alt: String::new() }];
            let request = NewPost { channel_id, body: "hello".into(), media };
            let post = world.posts.publish(&author, &no_key().await, &request).await.unwrap();
            world.posts.like(&reader, post.id).await.unwrap();
        }
        world.deliver().await;
        let cold = world.on_another_node(fresh);
        let (one, statements, profiles, images) = cost(&cold, &reader, 1).await;
        assert_eq!(one, 1);
        assert!(statements > 0 && statements <= 6, "{statements} statements");
        assert_eq!((profiles, images), (1, 1));
        let cold = cold.on_another_node(fresh);
        assert_eq!(cost(&cold, &reader, 50).await, (50, statements, 1, 1));
        // Once the words are in memory, two statements fewer: ids, large audiences and access remain.
        assert_eq!(cost(&cold, &reader, 50).await, (50, statements - 2, 1, 1));
    })
    .await;
}
