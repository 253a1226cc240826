//! Nobody takes a handle or a name that passes for another member's, on both engines.

mod world;

use futures::future::join_all;
use village_db::execute;
use village_ports::ProfileError;
use village_testkit::{Fresh, on_both_engines};
use village_users::{EditProfile, UsersError};

use crate::world::World;

fn refused(outcome: Result<village_kernel::Viewer, ProfileError>) -> bool {
    matches!(outcome, Err(ProfileError::Invalid { field: "display_name", .. }))
}

fn named(name: &str) -> EditProfile {
    EditProfile { display_name: Some(name.into()), ..EditProfile::default() }
}

#[tokio::test]
async fn a_handle_that_is_read_as_anothers_is_taken() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        world.try_sign_up("anna_lo", "Anna").await.unwrap();
        for handle in ["anna_1o", "anna_l0", "_anna_lo", "anna__lo_"] {
            let outcome = world.try_sign_up(handle, "Other").await;
            assert!(matches!(outcome, Err(ProfileError::HandleTaken)), "{handle}");
        }
        world.try_sign_up("annalo", "Other").await.unwrap();
        let outcome = world.try_sign_up("0wner", "Other").await;
        assert!(matches!(outcome, Err(ProfileError::Invalid { field: "handle", .. })));
    })
    .await;
}

#[tokio::test]
async fn a_name_may_be_anothers_but_not_only_look_like_it() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let ana = world.try_sign_up("ana", "Ana Ribeiro").await.unwrap();
        for (handle, same) in
            [("ana2", "Ana Ribeiro"), ("ana3", "ana ribeiro"), ("ana4", "Ana Ribeiro."), ("ana5", "Aná Ribeiro")]
        {
            world.try_sign_up(handle, same).await.unwrap();
        }
        for alike in ["\u{410}na Ribeiro", "An\u{430} Ribeiro", "\u{ff21}na Ribeiro", "Ana R\u{456}beiro"] {
            assert!(refused(world.try_sign_up("other", alike).await), "{alike:?}");
        }
        for staff in ["Village Team", "ADMIN", "\u{410}dmin", "Moderators"] {
            assert!(refused(world.try_sign_up("staffy", staff).await), "{staff}");
            let outcome = world.users.edit_profile(&ana, None, named(staff)).await;
            assert!(matches!(outcome, Err(UsersError::Invalid(_))), "{staff}");
        }
        let zoe = world.try_sign_up("zoe", "Zoe").await.unwrap();
        let outcome = world.users.edit_profile(&zoe, None, named("An\u{430} Ribeiro")).await;
        assert!(matches!(outcome, Err(UsersError::Invalid(_))));
        assert_eq!(world.users.edit_profile(&zoe, None, EditProfile::default()).await.unwrap().display_name, "Zoe");
        // One's own name in other letters, and a name that nobody has any more.
        world.users.edit_profile(&zoe, None, named("Zo\u{435}")).await.unwrap();
        world.users.edit_profile(&zoe, None, named("Lea")).await.unwrap();
        world.try_sign_up("zoe2", "Zo\u{435}").await.unwrap();
        assert!(refused(world.try_sign_up("zoe3", "Zoe").await));
    })
    .await;
}

#[tokio::test]
async fn of_many_who_want_names_that_look_alike_at_once_one_spelling_wins() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        let spellings = ["Ana", "\u{410}na", "An\u{430}", "\u{391}na"];
        let handles: Vec<String> = (2..10).map(|nth| format!("person_{nth}")).collect();
        let outcomes =
            join_all(handles.iter().enumerate().map(|(nth, handle)| world.try_sign_up(handle, spellings[nth % 4])))
                .await;
        let won: Vec<usize> = (0..8).filter(|nth| outcomes[*nth].is_ok()).map(|nth| nth % 4).collect();
        assert_eq!(won.len(), 2, "two want each spelling: {won:?}");
        assert_eq!(won[0], won[1]);
    })
    .await;
}

#[tokio::test]
async fn people_from_before_there_were_looks_are_protected_once_the_pass_was_made() {
    on_both_engines(async |fresh: &Fresh| {
        let world = World::new(fresh);
        world.try_sign_up("ana_lo", "Ana").await.unwrap();
        village_db::transaction!(&fresh.db, |tx| -> Result<u64, village_db::Error> {
            execute!(tx, "delete from users_looks")
        })
        .unwrap();
        assert_eq!(world.users.refold_once().await.unwrap(), 1);
        assert!(refused(world.try_sign_up("other", "\u{410}na").await));
        assert!(matches!(world.try_sign_up("ana_1o", "Other").await, Err(ProfileError::HandleTaken)));
    })
    .await;
}
