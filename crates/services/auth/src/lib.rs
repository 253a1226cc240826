//! Who is calling: accounts, sessions, invitations, and the tokens that every other service believes.
//!
//! A process that runs the role has one [`Auth`]; every process, whichever roles it runs, has one [`Verifier`].
//! Access tokens are short JWTs that are verified locally (RFC 9068); refresh tokens rotate and are not stored.

mod access_token;
mod context_words;
mod cookies;
mod email;
mod error;
mod hasher;
mod invitation_code;
mod known;
mod master_key;
mod me;
mod password;
mod refresh_token;
mod secret_text;
mod session;
mod settings;
mod signing_keys;
mod store;
mod throttle;
mod verifier;
mod visit;

mod change_password;
mod check_invitation;
mod invite;
mod jwks;
mod list_sessions;
mod login;
mod logout;
mod refresh;
mod registration;
mod reset_password;
mod revoke_session;
mod signup;
mod suspend;
mod sweep;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use village_bus::{Subscriber, Subscription};
use village_db::{Db, Migration, migrations};
use village_kernel::secret::{DerivedKey, MasterKey};
use village_kernel::{Clock, SessionId, UserId};
use village_live::{Hint, SharedLive, Topic};
use village_ports::{Profiles, SuspendedTraces};

use crate::cookies::Cookies;
use crate::hasher::Hasher;
use crate::invitation_code::InvitationCodes;
use crate::known::Known;
use crate::signing_keys::SigningKeys;
use crate::throttle::Throttles;

pub use check_invitation::InvitationCheck;
pub use error::AuthError;
pub use invite::{Invitation, InvitationRole, NewInvitation};
pub use login::LogIn;
pub use me::Me;
pub use refresh::RefreshRequest;
pub use registration::Registration;
pub use reset_password::PasswordReset;
pub use session::{RefreshBy, Session, SessionInfo};
pub use settings::{AuthSettings, PasswordHashing, Quota, RegistrationMode, ThrottleSettings};
pub use signup::SignUp;
pub use verifier::Verifier;

pub const MIGRATIONS: &[Migration] = migrations!["20261122001000_auth_accounts", "20261130060200_auth_master_key"];

/// Auth hears no events.
pub const SUBSCRIPTIONS: &[Subscription] = &[];

/// What the service is made of.
pub struct AuthDeps<'a> {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub live: SharedLive,
    pub profiles: Arc<dyn Profiles>,
    /// Told of each suspension in its transaction.
    pub traces: Arc<dyn SuspendedTraces>,
    /// This process's verifier, told at once of what is revoked here.
    pub verifier: Arc<Verifier>,
    pub master_key: &'a MasterKey,
    pub settings: AuthSettings,
}

pub struct Auth {
    db: Db,
    clock: Arc<dyn Clock>,
    live: SharedLive,
    profiles: Arc<dyn Profiles>,
    traces: Arc<dyn SuspendedTraces>,
    verifier: Arc<Verifier>,
    settings: AuthSettings,
    signing_keys: SigningKeys,
    refresh_key: DerivedKey,
    key_check: DerivedKey,
    invitation_codes: InvitationCodes,
    hasher: Hasher,
    throttles: Throttles,
    known: Known,
    cookies: Cookies,
    /// Becomes true once and stays: nobody takes the owner's role away.
    has_owner: AtomicBool,
}

impl Auth {
    pub fn new(deps: AuthDeps<'_>) -> Arc<Self> {
        let AuthDeps { db, clock, live, profiles, traces, verifier, master_key, settings } = deps;
        Arc::new(Self {
            signing_keys: SigningKeys::new(db.clone(), clock.clone(), master_key, &settings),
            refresh_key: master_key.derive("auth refresh"),
            key_check: master_key.derive("auth master key check"),
            invitation_codes: InvitationCodes::new(master_key),
            hasher: Hasher::new(settings.password_hashing),
            throttles: Throttles::new(&settings.throttles, clock.clone()),
            known: Known::new(master_key),
            cookies: Cookies { secure: settings.secure_cookies },
            has_owner: AtomicBool::new(false),
            db,
            clock,
            live,
            profiles,
            traces,
            verifier,
            settings,
        })
    }

    pub fn router(self: &Arc<Self>) -> OpenApiRouter {
        OpenApiRouter::new()
            .routes(routes!(registration::registration))
            .routes(routes!(check_invitation::check_invitation))
            .routes(routes!(invite::invite))
            .routes(routes!(signup::sign_up))
            .routes(routes!(login::log_in))
            .routes(routes!(refresh::refresh))
            .routes(routes!(logout::log_out))
            .routes(routes!(me::me))
            .routes(routes!(list_sessions::list_sessions))
            .routes(routes!(revoke_session::revoke_session))
            .routes(routes!(change_password::change_password))
            .routes(routes!(reset_password::reset_password))
            .routes(routes!(jwks::jwks))
            .with_state(self.clone())
    }

    pub fn subscribers(self: &Arc<Self>) -> Vec<Arc<dyn Subscriber>> {
        Vec::new()
    }

    /// Tells every node, this one first, of sessions whose revocation `tx` writes.
    fn announce_revoked(&self, tx: &mut village_db::Tx, sessions: Vec<SessionId>) {
        let expires_at = self.revocation_expiry();
        let (verifier, live) = (self.verifier.clone(), self.live.clone());
        tx.after_commit(move || {
            for session in sessions {
                verifier.note_revoked_session(session, expires_at);
                live.publish(Hint::new(Topic::Session, session));
            }
        });
    }

    fn announce_account(&self, tx: &mut village_db::Tx, user: UserId, suspended: bool) {
        let expires_at = suspended.then(|| self.revocation_expiry());
        let (verifier, live) = (self.verifier.clone(), self.live.clone());
        tx.after_commit(move || {
            verifier.note_account(user, expires_at);
            live.publish(Hint::new(Topic::Account, user));
        });
    }

    /// When no access token made until now can be valid any more.
    fn revocation_expiry(&self) -> village_kernel::Instant {
        self.clock.now().plus(self.settings.access_token_ttl).plus(access_token::LEEWAY * 2)
    }
}
