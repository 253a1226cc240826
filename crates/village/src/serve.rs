//! `village serve`: from settings to a running process, and back down at SIGTERM.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use village_db::DatabaseUrl;
use village_http::Connections;
use village_kernel::{Clock, OffsetClock, SystemClock};
use village_telemetry::{Metrics, admin_router};

use crate::assembly::{Assembly, Parts};
use crate::demo::{self, DemoClock};
use crate::roles::Role;
use crate::settings::Settings;
use crate::{foundation, readiness, say};

pub async fn serve(settings: Settings, roles: Vec<Role>, with_demo: bool) -> anyhow::Result<()> {
    let roles = if roles.is_empty() { Role::ALL.to_vec() } else { roles };
    village_telemetry::init(settings.log_format, &settings.log_filter)?;
    let metrics = Metrics::install()?;

    #[cfg(feature = "sabotage")]
    if let Some(name) = &settings.sabotage {
        tracing::warn!(name, "this process is broken on purpose");
        village_messaging::choose_sabotage(name).map_err(|message| anyhow::anyhow!("VILLAGE_SABOTAGE {message}"))?;
    }
    foundation::private_folder(&settings.data_dir)?;
    let _locks = foundation::locks(&settings)?;
    if let DatabaseUrl::Sqlite(_) = settings.database.url
        && roles.len() < Role::ALL.len()
    {
        bail!(
            "an SQLite database belongs to one process, which runs all services; \
             set VILLAGE_DATABASE_URL to a PostgreSQL database to split them"
        );
    }
    let had_key = settings.master_key.is_some() || settings.data_dir.join("master.key").exists();
    let master_key = foundation::master_key(&settings, &roles)?;
    let db = foundation::database(&settings).await?;
    foundation::prepare_schema(&settings, &db).await?;

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let live = foundation::live(&settings, &db, &tasks, &stop).await?;
    let clock = clock(&settings);
    let demo_clock = with_demo.then(|| DemoClock::in_the_past(clock.clone()));
    let clock: Arc<dyn Clock> = match &demo_clock {
        Some(clock) => Arc::new(clock.clone()),
        None => clock,
    };
    let readiness = readiness::of(&settings, &roles, &db);
    let parts = Parts {
        settings: &settings,
        roles: &roles,
        db: db.clone(),
        live,
        clock,
        master_key,
        readiness: readiness.clone(),
    };
    let assembly = Assembly::build(parts).await?;
    if !assembly.has_right_master_key().await? {
        bail!(if had_key { foundation::wrong_master_key(&settings) } else { foundation::discard_new_key(&settings) });
    }

    let listener = TcpListener::bind(settings.listen).await.with_context(|| {
        format!("cannot listen on {}; is it in use? Set VILLAGE_LISTEN to another", settings.listen)
    })?;
    let admin_listener = TcpListener::bind(settings.admin_listen).await.with_context(|| {
        format!("cannot listen on {}; is it in use? Set VILLAGE_ADMIN_LISTEN to another", settings.admin_listen)
    })?;

    assembly.start(&tasks, &stop);
    tasks.spawn(readiness::look_for_damage(db.clone(), stop.clone()));

    let invitation = assembly.first_invitation().await?;
    if let Some(demo_clock) = &demo_clock {
        match &invitation {
            Some(invitation) => {
                say("Making the demo community …");
                demo::fill(assembly.router.clone(), demo_clock, &invitation.code).await.context("the demo")?;
            }
            None => {
                demo_clock.to_the_present();
                say("This server has accounts already, so no demo was made.");
            }
        }
    }

    let http_stop = CancellationToken::new();
    let address = listener.local_addr()?;
    let main = village_http::serve(
        listener,
        assembly.router.clone(),
        connections(&settings),
        http_stop.clone(),
        settings.drain,
    );
    let admin = village_http::serve(
        admin_listener,
        admin_router(metrics, readiness.clone()),
        64_usize,
        http_stop.clone(),
        Duration::from_secs(1),
    );
    let servers = tokio::spawn(async move { tokio::join!(main, admin) });

    announce(&settings, &roles, address);
    match (with_demo, invitation) {
        (true, Some(_)) => {
            say(&format!("Log in as {} with the password {}", demo::EMAIL, demo::PASSWORD));
        }
        (false, Some(invitation)) => {
            say("Nobody has an account yet. This invitation makes the owner:");
            say(&format!("  {}", invitation.url));
        }
        (_, None) => {}
    }

    wait_for_the_end().await?;
    say("Stopping …");
    readiness.drain();
    // Sockets are asked to leave first; requests in flight finish; then the workers, and last the database.
    assembly.drain(settings.drain).await;
    http_stop.cancel();
    let _ = servers.await;
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(settings.drain, tasks.wait()).await.is_err() {
        tracing::warn!("some background work did not finish in the drain time; the queue hands it out again");
    }
    db.close().await;
    Ok(())
}

/// Behind trusted proxies connections are theirs; there one address is held to so many requests and sockets instead.
pub fn connections(settings: &Settings) -> Connections {
    let limit = settings.max_connections_per_address.get();
    Connections {
        at_most: settings.max_connections,
        per_address: (settings.trusted_proxy_hops == 0).then_some(limit),
        head_timeout: settings.head_timeout,
        keep_alive: settings.keep_alive,
        // Longer than any handler may take.
        stall_timeout: settings.request_timeout + Duration::from_secs(30),
    }
}

/// The machine's clock, unless a test has set this process's clock wrong.
fn clock(settings: &Settings) -> Arc<dyn Clock> {
    match settings.clock_offset_ms {
        0 => Arc::new(SystemClock),
        offset => {
            tracing::warn!(offset_ms = offset, "this process's clock is set wrong on purpose");
            Arc::new(OffsetClock::by_millis(offset))
        }
    }
}

fn announce(settings: &Settings, roles: &[Role], address: std::net::SocketAddr) {
    if roles.len() == Role::ALL.len() {
        say(&format!("{} is running at {}", settings.community_name, settings.public_url));
    } else {
        let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        say(&format!("{} is running on {address}", names.join(", ")));
    }
    tracing::info!(%address, admin = %settings.admin_listen, database = ?settings.database.url, "ready");
}

/// SIGTERM (a service manager) or SIGINT (Ctrl-C).
async fn wait_for_the_end() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
