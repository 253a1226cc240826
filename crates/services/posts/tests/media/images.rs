//! What becomes of an upload: it is drawn, used, shown, and one day swept away.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use village_blob::BlobStore;
use village_db::{execute, fetch_one, transaction};
use village_kernel::{Clock, MediaId, UserId};
use village_ports::{AttachError, MediaAccess, MediaPurpose};
use village_posts::media::{MediaState, NewMedia, Reason, expiry};
use village_testkit::pictures::{gif, jpeg, png, png_that_claims, webp};
use village_testkit::{Fresh, on_both_engines};

use crate::pipeline::{Pipeline, id_of};

#[tokio::test]
async fn an_event_that_comes_twice_or_at_the_same_time_makes_one_image() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.upload("image/jpeg", &jpeg(40, 30)).await;
        futures::future::join_all((0..4).map(|_| pipeline.process(id))).await;
        pipeline.process(id).await;
        let url = pipeline.show(id).await.image.unwrap().sizes[0].url.clone();
        assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::OK);
        let (items, pending, _) = pipeline.usage().await;
        assert_eq!((items, pending), (1, 0));
        // What the others wrote is collected; the image stays.
        fresh.clock.advance(Duration::from_secs(2 * 3600));
        pipeline.media.sweep_once().await.unwrap();
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.count("select count(*) from posts_media_garbage").await, 0);
        let url = pipeline.show(id).await.image.unwrap().sizes[0].url.clone();
        assert_eq!(reqwest::get(&url).await.unwrap().status(), StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_process_killed_while_drawing_leaves_nothing_behind() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.upload("image/jpeg", &jpeg(40, 30)).await;
        // As it stands when the process dies between writing the sizes and the transaction: the state that
        // processing leaves, with the last transaction undone.
        pipeline.process(id).await;
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> {
            let row: (String, village_kernel::Instant) =
                fetch_one!(tx, "select folder, created_at from posts_media where media_id = $1", id)?;
            let undo = "update posts_media set state = 'processing', folder = null where media_id = $1";
            execute!(tx, undo, id)?;
            let restore = "update posts_media_usage set pending = pending + 1 where owner_id = $1";
            execute!(tx, restore, pipeline.ana)?;
            let garbage = "insert into posts_media_garbage (garbage_id, object_key, delete_after, attempts)
                           values ($1, $2, $3, 0)";
            let key = format!("{}/small.jpg", row.0);
            execute!(tx, garbage, uuid::Uuid::now_v7(), key, row.1.plus_secs(3600))?;
            let key: (String,) = fetch_one!(tx, "select upload_key from posts_media where media_id = $1", id)?;
            pipeline.blobs.write(&key.0.parse().unwrap(), "image/jpeg", jpeg(40, 30).into()).await.unwrap();
            Ok(())
        })
        .unwrap();
        pipeline.process(id).await;
        assert_eq!(pipeline.objects().len(), 2);
        fresh.clock.advance(Duration::from_secs(3 * 3600));
        pipeline.media.sweep_once().await.unwrap();
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.show(id).await.state, MediaState::Ready);
    })
    .await;
}

#[tokio::test]
async fn a_rejected_file_says_why_and_is_deleted() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let whole = png(20, 20);
        for (content_type, bytes, reason) in [
            ("image/jpeg", b"<html>not an image</html>".to_vec(), Reason::NotAnImage),
            ("image/jpeg", high_efficiency(b"heic"), Reason::Heic),
            ("image/png", high_efficiency(b"avif"), Reason::Avif),
            ("image/jpeg", progressive_of_many_scans(), Reason::TooComplex),
            ("image/png", png_that_claims(30_000, 30_000), Reason::TooManyPixels),
            ("image/png", whole[..whole.len() / 3].to_vec(), Reason::Corrupt),
        ] {
            let id = pipeline.upload(content_type, &bytes).await;
            pipeline.process(id).await;
            let view = pipeline.show(id).await;
            assert_eq!((view.state, view.reason, view.image), (MediaState::Rejected, Some(reason), None));
            assert!(pipeline.objects().is_empty());
            assert!(pipeline.media.images(&[id]).await.unwrap().is_empty());
            let attached = pipeline.attach(pipeline.ana, MediaPurpose::Post, &[id]).await;
            assert!(matches!(attached, Err(AttachError::NotReady)));
        }
        let (_, pending, bytes) = pipeline.usage().await;
        assert_eq!((pending, bytes), (0, 0));
        // An object that is longer than any upload may be, and one that is gone.
        let created = pipeline.begin("image/png", 5).await;
        assert_eq!(pipeline.put(&created, b"12345").await, StatusCode::OK);
        pipeline.complete(id_of(&created)).await;
        let sql = "select upload_key from posts_media where media_id = $1";
        let (key,): (String,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, id_of(&created)).unwrap();
        pipeline.blobs.write(&key.parse().unwrap(), "image/png", vec![0; (20 << 20) + 1].into()).await.unwrap();
        pipeline.process(id_of(&created)).await;
        assert_eq!(pipeline.show(id_of(&created)).await.reason, Some(Reason::TooLarge));
    })
    .await;
}

/// How a photo in one of these formats begins.
fn high_efficiency(brand: &[u8; 4]) -> Vec<u8> {
    [b"\0\0\0\x18ftyp", &brand[..], b"\0\0\0\0mif1miaf\0\0\0\x08mdat"].concat()
}

/// Small, and drawn over and over again.
fn progressive_of_many_scans() -> Vec<u8> {
    let frame = b"\xff\xd8\xff\xc2\0\x0b\x08\x10\0\x10\0\x01\x01\x11\0";
    [&frame[..], &b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x2a".repeat(200), b"\xff\xd9"].concat()
}

#[tokio::test]
async fn the_bytes_decide_what_a_file_is_whatever_it_was_declared_to_be() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        for bytes in [jpeg(40, 30), png(40, 30), gif(40, 30), webp(40, 30)] {
            for declared in ["image/jpeg", "image/png", "image/webp", "image/gif"] {
                let id = pipeline.upload(declared, &bytes).await;
                pipeline.process(id).await;
                let view = pipeline.show(id).await;
                assert_eq!((view.state, view.reason), (MediaState::Ready, None), "{declared}");
                assert_eq!(view.image.unwrap().width, 40);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_photo_of_a_large_sensor_is_drawn_and_one_cut_short_is_drawn_as_far_as_it_goes() {
    let mut sensor = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_pixel(8_160, 6_120, image::Rgb([90, 120, 60]));
    pixels.write_to(&mut sensor, image::ImageFormat::Jpeg).unwrap();
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let whole = jpeg(400, 300);
        for (bytes, width, height) in [
            (sensor.get_ref().clone(), 2048, 1536),
            (png(30, 20_000), 3, 2048),
            (whole[..whole.len() * 4 / 5].to_vec(), 400, 300),
        ] {
            let id = pipeline.upload("image/jpeg", &bytes).await;
            pipeline.process(id).await;
            let image = pipeline.show(id).await.image.expect("it is ready");
            assert_eq!((image.width, image.height), (width, height));
        }
    })
    .await;
}

#[tokio::test]
async fn only_ones_own_ready_images_are_attached_all_or_none() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let (one, two) = (pipeline.ready().await, pipeline.ready().await);
        let pending = id_of(&pipeline.begin("image/png", 5).await);
        let bo = UserId::new(fresh.clock.now());
        let unknown = MediaId::new(fresh.clock.now());
        let post = MediaPurpose::Post;
        for (owner, purpose, ids) in [
            (bo, post, vec![one]),
            (pipeline.ana, MediaPurpose::Avatar, vec![one]),
            (pipeline.ana, post, vec![one, unknown]),
            (pipeline.ana, post, vec![unknown, pending]),
        ] {
            let outcome = pipeline.attach(owner, purpose, &ids).await;
            assert!(matches!(outcome, Err(AttachError::NotFound)), "{outcome:?}");
        }
        let outcome = pipeline.attach(pipeline.ana, post, &[one, pending, two]).await;
        assert!(matches!(outcome, Err(AttachError::NotReady)), "{outcome:?}");
        let sql = "select count(*) from posts_media where attached = $1";
        let (attached,): (i64,) = fetch_one!(&mut fresh.db.reader().await.unwrap(), sql, true).unwrap();
        assert_eq!(attached, 0);
        pipeline.attach(pipeline.ana, post, &[]).await.unwrap();
        pipeline.attach(pipeline.ana, post, &[two, one, two]).await.unwrap();
        // An image is of one post only.
        let again = pipeline.attach(pipeline.ana, post, &[one]).await;
        assert!(matches!(again, Err(AttachError::NotFound)), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn of_posts_that_want_the_same_image_at_once_one_gets_it() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let (one, two) = (pipeline.ready().await, pipeline.ready().await);
        let orders = [[one, two], [two, one], [one, two], [two, one]];
        let outcomes =
            futures::future::join_all(orders.iter().map(|ids| pipeline.attach(pipeline.ana, MediaPurpose::Post, ids)))
                .await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_uses_is_swept_after_a_day_and_what_is_used_stays() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let (used, unused) = (pipeline.ready().await, pipeline.ready().await);
        let rejected = pipeline.upload("image/jpeg", b"nonsense").await;
        pipeline.process(rejected).await;
        let uploaded = pipeline.begin("image/png", 5).await;
        assert_eq!(pipeline.put(&uploaded, b"12345").await, StatusCode::OK);
        pipeline.attach(pipeline.ana, MediaPurpose::Post, &[used]).await.unwrap();
        fresh.clock.advance(Duration::from_secs(23 * 3600));
        let swept = pipeline.media.sweep_once().await.unwrap();
        assert_eq!(swept.images, 0);
        assert_eq!(pipeline.media.images(&[used, unused]).await.unwrap().len(), 2);
        fresh.clock.advance(Duration::from_secs(2 * 3600));
        let swept = pipeline.media.sweep_once().await.unwrap();
        assert_eq!(swept.images, 3);
        assert_eq!(pipeline.objects().len(), 1);
        assert_eq!(pipeline.count("select count(*) from posts_media_garbage").await, 0);
        assert_eq!(pipeline.count("select count(*) from posts_media").await, 1);
        let (items, pending, bytes) = pipeline.usage().await;
        assert_eq!((items, pending), (1, 0));
        assert!(bytes > 0);
        assert_eq!(pipeline.media.sweep_once().await.unwrap(), Default::default());
        // Used ones go when what they belong to is deleted.
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> {
            pipeline.media.release(tx, &[used, unused]).await
        })
        .unwrap();
        pipeline.media.sweep_once().await.unwrap();
        assert!(pipeline.objects().is_empty());
        assert_eq!(pipeline.usage().await, (0, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn everybody_gets_the_same_url_for_a_quarter_of_an_hour_and_has_as_long_again_to_use_it() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.ready().await;
        let mut urls = Vec::new();
        for _ in 0..60 {
            let image = pipeline.media.images(&[id]).await.unwrap().remove(&id).unwrap();
            let left = image.expires_at.since(fresh.clock.now());
            assert!(left > Duration::from_secs(15 * 60) && left <= Duration::from_secs(30 * 60), "{left:?}");
            assert_eq!(image.expires_at, expiry(id, fresh.clock.now()));
            urls.push(image.sizes[0].url.clone());
            fresh.clock.advance(Duration::from_secs(60));
        }
        urls.dedup();
        assert!((4..=5).contains(&urls.len()), "{} in an hour", urls.len());
        // Not all images change their URLs together.
        let mut moments: Vec<i64> =
            (0..20).map(|_| expiry(MediaId::new(fresh.clock.now()), fresh.clock.now()).as_micros()).collect();
        moments.sort_unstable();
        moments.dedup();
        assert!(moments.len() > 10);
    })
    .await;
}

#[tokio::test]
async fn an_image_that_goes_is_gone_from_the_cache_too() {
    on_both_engines(async |fresh: &Fresh| {
        let pipeline = Pipeline::start(fresh).await;
        let id = pipeline.ready().await;
        pipeline.attach(pipeline.ana, MediaPurpose::Post, &[id]).await.unwrap();
        assert_eq!(pipeline.media.images(&[id, id]).await.unwrap().len(), 1);
        transaction!(&fresh.db, |tx| -> Result<(), village_db::Error> { pipeline.media.release(tx, &[id]).await })
            .unwrap();
        let gone = async {
            while !pipeline.media.images(&[id]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the hint arrives");
    })
    .await;
}

#[test]
fn the_request_type_is_named_as_in_the_api() {
    let body: NewMedia =
        serde_json::from_value(json!({"content_type": "image/webp", "length": 1, "purpose": "avatar"})).unwrap();
    assert_eq!(body.content_type, "image/webp");
}
