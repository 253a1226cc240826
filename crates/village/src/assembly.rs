//! Puts the services together with their adapters: what each needs from another is handed over here, and only here.

use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use village_auth::{Auth, AuthDeps, AuthSettings, Invitation, PasswordHashing, Quota, RegistrationMode, Verifier};
use village_blob::{BlobStore, DiskBlobs};
use village_bus::{Bus, DatabaseBus, Outbox, Subscriber, Subscription, run_relay, run_subscriber};
use village_db::{DatabaseConfig, Db};
use village_http::{Admission, HttpConfig, Identify, PerAddress, RateLimitConfig, RateLimits, harden, identify};
use village_kernel::secret::MasterKey;
use village_kernel::{Clock, SystemClock};
use village_live::{InProcessLive, SharedLive};
use village_messaging::{Messaging, MessagingDeps, MessagingSettings, Participants};
use village_notifications::{Notifications, NotificationsDeps};
use village_posts::media::{Media, MediaSettings};
use village_posts::{Dependencies as PostsDeps, Posts};
use village_telemetry::{Readiness, health_router};
use village_users::{Users, UsersConfig};

use crate::roles::Role;
use crate::settings::{Registration, Settings};
use crate::{api, web};

/// What a process is made of.
pub struct Parts<'a> {
    pub settings: &'a Settings,
    pub roles: &'a [Role],
    pub db: Db,
    pub live: SharedLive,
    pub clock: Arc<dyn Clock>,
    pub master_key: MasterKey,
    pub readiness: Readiness,
}

/// Every service, of which this process serves those of its roles. The others are linked in for their ports.
pub struct Assembly {
    pub router: Router,
    roles: Vec<Role>,
    db: Db,
    live: SharedLive,
    clock: Arc<dyn Clock>,
    bus: Arc<DatabaseBus>,
    limits: Arc<RateLimits>,
    services: Services,
}

struct Services {
    verifier: Arc<Verifier>,
    auth: Arc<Auth>,
    users: Arc<Users>,
    media: Arc<Media>,
    posts: Arc<Posts>,
    messaging: Arc<Messaging>,
    notifications: Arc<Notifications>,
    blobs: Arc<DiskBlobs>,
}

/// Who hears of what, in all services: the relay queues for subscribers that run elsewhere too.
fn subscriptions() -> Vec<Subscription> {
    [
        village_auth::SUBSCRIPTIONS,
        village_users::SUBSCRIPTIONS,
        village_posts::media::SUBSCRIPTIONS,
        village_posts::SUBSCRIPTIONS,
        village_messaging::SUBSCRIPTIONS,
        village_notifications::SUBSCRIPTIONS,
    ]
    .concat()
}

impl Assembly {
    pub async fn build(parts: Parts<'_>) -> anyhow::Result<Self> {
        let services = Services::build(&parts).await?;
        let Parts { settings, roles, db, live, clock, readiness, .. } = parts;
        let limits = Arc::new(RateLimits::new(RateLimitConfig {
            reads_per_minute: settings.limits.reads_per_minute,
            writes_per_minute: settings.limits.writes_per_minute,
            anonymous_per_minute: settings.limits.anonymous_per_minute,
        }));
        let context = Identify {
            tokens: services.verifier.clone(),
            limits: limits.clone(),
            trusted_proxy_hops: settings.trusted_proxy_hops,
        };
        let mut api = Router::new();
        for role in roles {
            api = api.merge(services.routes(*role).split_for_parts().0);
            if *role == Role::Auth {
                api = api.merge(web::security_txt::router(settings, clock.clone()));
            }
        }
        let mut router = api.layer(middleware::from_fn_with_state(context, identify)).merge(health_router(readiness));
        if roles.contains(&Role::Web) {
            router = router.merge(web::router(Arc::new(services.openapi())));
        }
        // Signed addresses need no token, and a page of pictures is many requests at once.
        let streaming = if roles.contains(&Role::Posts) { services.blobs.router() } else { Router::new() };
        let config = HttpConfig {
            timeout: settings.request_timeout,
            strict_transport_security: settings.is_https(),
            admission: Some(Admission {
                trusted_proxy_hops: settings.trusted_proxy_hops,
                at_once: PerAddress::at_most(settings.max_connections_per_address.get()),
            }),
            ..HttpConfig::default()
        };
        Ok(Self {
            router: harden(router, streaming, config),
            roles: roles.to_vec(),
            bus: Arc::new(DatabaseBus::new(db.clone(), subscriptions())),
            db,
            live,
            clock,
            limits,
            services,
        })
    }

    /// Starts what runs beside requests: the relay, the subscribers of this process's roles, and housekeeping.
    pub fn start(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let services = &self.services;
        let bus: Arc<dyn Bus> = self.bus.clone();
        tasks.spawn(run_relay(self.db.clone(), bus.clone(), self.live.clone(), stop.clone()));
        for subscriber in self.roles.iter().flat_map(|role| services.subscribers(*role)) {
            tasks.spawn(run_subscriber(bus.clone(), self.live.clone(), subscriber, stop.clone()));
        }
        let (verifier, stopped) = (services.verifier.clone(), stop.clone());
        tasks.spawn(async move { verifier.run(stopped).await });
        tasks.spawn(services.users.clone().run(stop.clone()));
        for role in &self.roles {
            match role {
                Role::Auth => {
                    let (auth, stopped) = (services.auth.clone(), stop.clone());
                    tasks.spawn(async move { auth.run(stopped).await });
                }
                Role::Posts => {
                    let (media, stopped) = (services.media.clone(), stop.clone());
                    tasks.spawn(async move { media.sweep(stopped).await });
                    tasks.spawn(services.posts.clone().refold(stop.clone()));
                }
                Role::Messaging => {
                    // Subscribed to hints before the first socket can be opened.
                    let hub = services.messaging.start(stop.clone());
                    tasks.spawn(async move { drop(hub.await) });
                    tasks.spawn(services.messaging.clone().sweep(stop.clone()));
                    tasks.spawn(services.messaging.clone().refold(stop.clone()));
                }
                Role::Notifications => {
                    tasks.spawn(services.notifications.clone().run(stop.clone()));
                }
                Role::Users => {
                    tasks.spawn(services.users.clone().refold(stop.clone()));
                }
                Role::Web => {}
            }
        }
        tasks.spawn(keep_house(
            self.db.clone(),
            self.bus.clone(),
            self.clock.clone(),
            self.limits.clone(),
            stop.clone(),
        ));
    }

    /// Whether the master key is the one that the database was made with. Nothing is to be started with another.
    pub async fn has_right_master_key(&self) -> anyhow::Result<bool> {
        Ok(self.services.auth.has_right_master_key().await?)
    }

    /// The invitation that makes the owner, while nobody has an account.
    pub async fn first_invitation(&self) -> anyhow::Result<Option<Invitation>> {
        match self.roles.contains(&Role::Auth) {
            true => Ok(self.services.auth.ensure_first_invitation().await?),
            false => Ok(None),
        }
    }

    /// Asks clients with a socket to connect elsewhere, spread over `within`.
    pub async fn drain(&self, within: Duration) {
        if self.roles.contains(&Role::Messaging) {
            self.services.messaging.drain(within).await;
        }
    }
}

impl Services {
    async fn build(parts: &Parts<'_>) -> anyhow::Result<Self> {
        let Parts { settings, db, live, clock, master_key, .. } = parts;
        let outbox = Outbox::new(clock.clone(), live.clone());
        let blobs =
            DiskBlobs::open(&settings.blob_dir, &settings.public_url, master_key.derive("blob urls"), clock.clone())?;
        let auth_settings = auth_settings(settings);
        let verifier = Verifier::new(db.clone(), clock.clone(), live.clone(), &auth_settings);
        let store: Arc<dyn BlobStore> = blobs.clone();
        let media =
            Media::new(db.clone(), clock.clone(), outbox.clone(), live.clone(), store, MediaSettings::default());
        let users =
            Users::new(db.clone(), clock.clone(), outbox.clone(), live.clone(), media.clone(), UsersConfig::default());
        let mut posts_settings = village_posts::Settings::for_engine(db.engine());
        if let Some(limit) = settings.large_audience {
            posts_settings.fan_out_limit = limit;
        }
        let participants = Arc::new(Participants::new(db.clone(), clock.clone(), live.clone()));
        let posts = Posts::new(PostsDeps {
            db: db.clone(),
            clock: clock.clone(),
            outbox: outbox.clone(),
            live: live.clone(),
            profiles: users.clone(),
            media: media.clone(),
            conversations: participants.clone(),
            settings: posts_settings,
        });
        let auth = Auth::new(AuthDeps {
            db: db.clone(),
            clock: clock.clone(),
            live: live.clone(),
            profiles: users.clone(),
            traces: posts.clone(),
            verifier: verifier.clone(),
            master_key,
            settings: auth_settings,
        });
        let notifications = Notifications::new(NotificationsDeps {
            db: db.clone(),
            clock: clock.clone(),
            live: live.clone(),
            profiles: users.clone(),
            graph: users.clone(),
            posts: posts.clone(),
            invitations: posts.clone(),
            conversations: participants,
            // Push and mail come here.
            channels: Vec::new(),
        });
        let messaging = Messaging::new(MessagingDeps {
            db: db.clone(),
            clock: clock.clone(),
            outbox,
            live: live.clone(),
            profiles: users.clone(),
            graph: users.clone(),
            media: media.clone(),
            channels: posts.clone(),
            notifications: notifications.clone(),
            tokens: verifier.clone(),
            settings: MessagingSettings {
                heartbeat: settings.heartbeat,
                answer_timeout: settings.request_timeout,
                frames_per_second: settings.frames_per_second.get(),
                frame_burst: settings.frames_per_second.get().saturating_mul(3),
                max_waiting_sockets_per_address: settings.max_connections_per_address.get(),
                ..MessagingSettings::new(&settings.public_url)
            },
        });
        Ok(Self { verifier, auth, users, media, posts, messaging, notifications, blobs })
    }

    fn routes(&self, role: Role) -> OpenApiRouter {
        match role {
            Role::Auth => self.auth.router(),
            Role::Users => self.users.router(),
            Role::Posts => self.posts.router().merge(self.media.router()),
            Role::Messaging => self.messaging.router(),
            Role::Notifications => self.notifications.router(),
            Role::Web => OpenApiRouter::new(),
        }
    }

    fn subscribers(&self, role: Role) -> Vec<Arc<dyn Subscriber>> {
        match role {
            Role::Auth => self.auth.subscribers(),
            Role::Users => self.users.subscribers(),
            Role::Posts => [self.posts.subscribers(), self.media.subscribers()].concat(),
            Role::Messaging => self.messaging.subscribers(),
            Role::Notifications => self.notifications.subscribers(),
            Role::Web => Vec::new(),
        }
    }

    /// The API of all services, whichever of them this process serves.
    fn openapi(&self) -> OpenApi {
        let mut openapi = api::empty();
        for role in Role::ALL {
            openapi.merge(self.routes(role).split_for_parts().1);
        }
        api::complete(openapi)
    }
}

/// The OpenAPI document, without a server: the services are put together over an empty database.
pub async fn openapi() -> anyhow::Result<OpenApi> {
    let folder = std::env::temp_dir().join(format!("village-openapi-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let variables = [("VILLAGE_DATA_DIR".to_owned(), folder.display().to_string())];
    let settings = Settings::read(&mut crate::settings::Reader::new(None, variables)?)?;
    let db = Db::connect(&DatabaseConfig::new(settings.database.url.clone())).await?;
    let parts = Parts {
        settings: &settings,
        roles: &Role::ALL,
        db: db.clone(),
        live: Arc::new(InProcessLive::default()),
        clock: Arc::new(SystemClock),
        master_key: MasterKey::generate(),
        readiness: Readiness::builder().build(),
    };
    let document = Services::build(&parts).await.map(|services| services.openapi());
    db.close().await;
    std::fs::remove_dir_all(&folder)?;
    document
}

/// The auth service for the command line: no routes, no tasks.
pub async fn auth_for_admin(
    settings: &Settings,
    db: &Db,
    live: &SharedLive,
    master_key: &MasterKey,
) -> anyhow::Result<Arc<Auth>> {
    let parts = Parts {
        settings,
        roles: &[],
        db: db.clone(),
        live: live.clone(),
        clock: Arc::new(SystemClock),
        master_key: master_key.clone(),
        readiness: Readiness::builder().build(),
    };
    Ok(Services::build(&parts).await?.auth)
}

fn auth_settings(settings: &Settings) -> AuthSettings {
    let defaults = AuthSettings::new(&settings.public_url, &settings.community_name);
    let per_minute = Quota::per_minute(settings.limits.logins_per_minute.get());
    let mut throttles = defaults.throttles;
    throttles.login_per_address = per_minute;
    throttles.signup_per_address = per_minute;
    throttles.invitation_per_address = per_minute;
    throttles.reset_per_address = per_minute;
    AuthSettings {
        registration: match settings.registration {
            Registration::Open => RegistrationMode::Open,
            Registration::Invite => RegistrationMode::Invite,
        },
        password_hashing: PasswordHashing {
            memory_kib: settings.password_hash_memory_kib,
            ..defaults.password_hashing
        },
        throttles,
        ..defaults
    }
}

/// What must be tidied and measured now and then, in every process: it is cheap and safe to do twice.
async fn keep_house(
    db: Db,
    bus: Arc<DatabaseBus>,
    clock: Arc<dyn Clock>,
    limits: Arc<RateLimits>,
    stop: CancellationToken,
) {
    let mut tick = tokio::time::interval(Duration::from_secs(15));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        limits.forget_idle();
        match bus.depth().await {
            Ok(depth) => metrics::gauge!("village_bus_queue_depth").set(depth as f64),
            Err(error) => tracing::warn!(%error, "the depth of the queue could not be read"),
        }
        if let Err(error) = village_http::forget_old_keys(&db, clock.now()).await {
            tracing::warn!(%error, "old idempotency keys could not be forgotten; trying again soon");
        }
    }
}
