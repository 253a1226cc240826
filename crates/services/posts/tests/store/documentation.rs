//! The operations and schemas that clients are generated from.

use std::collections::BTreeSet;

use crate::world::World;

#[tokio::test]
async fn every_operation_and_schema_of_the_contract_is_documented() {
    let fresh = village_testkit::fresh_sqlite().await;
    let world = World::new(&fresh).await;
    let (_, document) = world.posts.router().split_for_parts();
    let document = serde_json::to_value(document).unwrap();
    let mut operations = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(operation["summary"].is_string() && operation["tags"][0] == "posts", "{id}");
            assert!(operations.insert(format!("{method} {path} {id}")), "{id}");
        }
    }
    let expected = [
        "delete /channels/{id}/invitations/{user_id} withdraw_channel_invitation",
        "delete /channels/{id}/membership leave_channel",
        "delete /posts/{id} delete_post",
        "delete /posts/{id}/comments/{comment_id} delete_comment",
        "delete /posts/{id}/like unlike_post",
        "get /channels list_channels",
        "get /channels/invitations list_channel_invitations",
        "get /channels/{id} get_channel",
        "get /channels/{id}/members list_channel_members",
        "get /channels/{id}/posts list_channel_posts",
        "get /feed get_feed",
        "get /posts list_person_posts",
        "get /posts/{id} get_post",
        "get /posts/{id}/comments list_comments",
        "get /posts/{id}/likes list_likes",
        "patch /channels/{id} edit_channel",
        "post /channels create_channel",
        "post /posts publish_post",
        "post /posts/{id}/comments add_comment",
        "put /channels/{id}/invitations/{user_id} invite_to_channel",
        "put /channels/{id}/membership join_channel",
        "put /posts/{id}/like like_post",
    ];
    assert_eq!(operations, expected.map(str::to_owned).into());
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in [
        "Channel",
        "ChannelMember",
        "ChannelSummary",
        "Comment",
        "Image",
        "ImageSize",
        "LikeState",
        "Post",
        "Problem",
        "UserSummary",
    ] {
        assert!(schemas.contains_key(name), "{name} is missing");
    }
    fresh.discard().await;
}
