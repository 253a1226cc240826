//! The main job, in one process on each database.

use crate::support::{Village, on_both_engines};

#[tokio::test]
async fn from_the_first_invitation_to_a_message_that_arrives() {
    on_both_engines(async |village: &Village| {
        crate::shared::the_whole_path_of_a_community(village.base(), village.first_invitation()).await;
    })
    .await;
}
