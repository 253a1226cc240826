//! What only the operator does, at the command line. These commands may run beside the server.

use std::time::Duration;

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use village_auth::{AuthError, InvitationRole};
use village_bus::DatabaseBus;

use crate::cli::{Admin, Events};
use crate::settings::{Entry, Settings};
use crate::{assembly, foundation, say};

/// For hints that are still to be sent.
const LAST_WORDS: Duration = Duration::from_secs(3);

pub async fn migrate(settings: &Settings, dry_run: bool) -> anyhow::Result<()> {
    foundation::private_folder(&settings.data_dir)?;
    let db = foundation::database(settings).await?;
    let schema = foundation::schema()?;
    let names = if dry_run { schema.pending(&db).await? } else { schema.apply(&db).await? };
    for name in &names {
        say(name);
    }
    match (names.len(), dry_run) {
        (0, _) => say("The database is up to date."),
        (count, true) => say(&format!("{count} would be applied.")),
        (count, false) => say(&format!("{count} applied.")),
    }
    db.close().await;
    Ok(())
}

pub async fn run(settings: &Settings, command: Admin) -> anyhow::Result<()> {
    let key = foundation::existing_master_key(settings)?;
    let db = foundation::database(settings).await?;
    foundation::prepare_schema(settings, &db).await?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let live = foundation::live(settings, &db, &tasks, &stop).await?;
    let auth = assembly::auth_for_admin(settings, &db, &live, &key).await?;
    if !matches!(command, Admin::AdoptMasterKey) && !auth.has_right_master_key().await? {
        bail!(foundation::wrong_master_key(settings));
    }
    match command {
        Admin::AdoptMasterKey => {
            auth.adopt_master_key().await?;
            say(
                "The server starts with this master key now. Invitations made before are void, and everybody logs in again.",
            );
        }
        Admin::Invite { uses, days } => {
            let invitation = auth.create_invitation(InvitationRole::Member, uses, days).await?;
            say(&invitation.url);
        }
        Admin::ResetPassword { email } => {
            say(&auth.create_password_reset(&email).await.map_err(no_such_account)?.url);
        }
        Admin::Suspend { email } => {
            let user = auth.user_by_email(&email).await.map_err(no_such_account)?;
            auth.suspend(user).await?;
            say("The account is suspended and its sessions are closed.");
        }
        Admin::Unsuspend { email } => {
            let user = auth.user_by_email(&email).await.map_err(no_such_account)?;
            auth.unsuspend(user).await?;
            say("The account may be used again.");
        }
    }
    stop.cancel();
    tasks.close();
    // What was done is on its way to the running processes; those that do not hear of it look within seconds.
    let _ = tokio::time::timeout(LAST_WORDS, tasks.wait()).await;
    db.close().await;
    Ok(())
}

fn no_such_account(error: AuthError) -> anyhow::Error {
    match error {
        AuthError::NotFound => anyhow::anyhow!("no account has that e-mail address"),
        AuthError::Invalid(_) => anyhow::anyhow!("that is not an e-mail address"),
        error => error.into(),
    }
}

pub async fn events(settings: &Settings, command: Events) -> anyhow::Result<()> {
    let db = foundation::database(settings).await?;
    let bus = DatabaseBus::new(db.clone(), Vec::new());
    match command {
        Events::Dead { limit } => {
            let dead = bus.dead(i64::from(limit)).await.context("cannot read dead events")?;
            if dead.is_empty() {
                say("No event is dead.");
            }
            for event in dead {
                say(&format!(
                    "{}  {}  {} attempts, died {}: {}",
                    event.subscriber, event.event_id, event.attempts, event.died_at, event.last_error
                ));
            }
        }
        Events::Replay { subscriber, event_id } => {
            if !bus.replay(&subscriber, event_id).await? {
                bail!("{subscriber} has no dead event {event_id}; `village events dead` lists them");
            }
            say("It will be handed out again within a second.");
        }
    }
    db.close().await;
    Ok(())
}

pub fn print_settings(entries: &[Entry]) {
    say("# Every setting: in a TOML file given with --config, or in the environment, which wins.\n");
    for entry in entries {
        say(&format!("{}  ({})", entry.key, entry.variable));
        say(&format!("    {}", entry.help));
        say(&format!("    default: {}", entry.default));
        if let Some(origin) = &entry.origin {
            say(&format!("    now:     {}  (from {origin})", entry.shown_value()));
        }
        say("");
    }
}
