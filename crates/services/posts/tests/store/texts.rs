//! Texts of all languages: what is empty, and how channels are found.

use village_db::{execute, transaction};
use village_kernel::Viewer;
use village_ports::Visibility;
use village_posts::{NewChannel, NewComment, PostsError};
use village_testkit::{Fresh, on_both_engines};

use crate::world::{World, limit, no_key};

fn named(slug: &str, name: &str) -> NewChannel {
    NewChannel {
        slug: Some(slug.into()),
        name: name.into(),
        description: "\u{200b}".into(),
        visibility: Visibility::Open,
    }
}

fn is_invalid<T>(outcome: Result<T, PostsError>) -> bool {
    matches!(outcome, Err(PostsError::Invalid(_)))
}

#[tokio::test]
async fn a_text_of_nothing_visible_is_empty_wherever_it_is_written() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let author = world.person().await;
        let post = world.post(&author, None, "one\u{b}two\u{85}three").await;
        for blank in ["\u{3164}", "\u{200b}\n\u{2060}", "\u{2800}", "\u{301}", "\u{fe0f}", "\u{e0041}"] {
            assert!(is_invalid(world.try_post(&author, None, blank).await), "{blank:?}");
            let comment = NewComment { body: blank.into() };
            assert!(is_invalid(world.posts.add_comment(&author, post, &no_key().await, &comment).await), "{blank:?}");
            let channel = named("blank", blank);
            assert!(is_invalid(world.posts.create_channel(&author, &no_key().await, &channel).await), "{blank:?}");
        }
        let channel = world.posts.create_channel(&author, &no_key().await, &named("fine", "Fine\nname")).await.unwrap();
        assert_eq!((channel.name.as_str(), channel.description.as_str()), ("Fine name", ""));
        assert_eq!(world.posts.post(&author, post).await.unwrap().body, "one\ntwo\nthree");
    })
    .await;
}

#[tokio::test]
async fn channels_are_found_in_whatever_script_also_those_from_before() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh).await;
        let owner = world.person().await;
        for (slug, name) in [("street", "An der Straße"), ("tokyo", "東京の親"), ("in-law", "L’amour & Łódź")]
        {
            world.posts.create_channel(&owner, &no_key().await, &named(slug, name)).await.unwrap();
        }
        let found = async |viewer: &Viewer, query: &str| {
            let page = world.posts.list_channels(viewer, query, false, None, limit(50)).await.unwrap();
            page.items.into_iter().map(|channel| channel.slug).collect::<Vec<_>>()
        };
        let all =
            [("STRASSE", "street"), ("京の", "tokyo"), ("amour", "in-law"), ("lodz", "in-law"), ("law", "in-law")];
        for (query, slug) in all {
            assert_eq!(found(&owner, query).await, [slug], "{query}");
        }
        assert!(found(&owner, "aße").await.is_empty());
        transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
            execute!(tx, "update posts_channels set search_text = ''")
        })
        .unwrap();
        assert!(found(&owner, "strasse").await.is_empty());
        assert_eq!(world.posts.refold_once().await.unwrap(), 3);
        for (query, slug) in all {
            assert_eq!(found(&owner, query).await, [slug], "{query}");
        }
    })
    .await;
}
