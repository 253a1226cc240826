//! The record of what happened to people's accounts: one line in the log and one count for each event.

use uuid::Uuid;
use village_kernel::{SessionId, UserId};

/// Where all lines of the record go; a filter such as `village_security=info` picks them out.
pub const SECURITY_TARGET: &str = "village_security";

/// One thing that an operator may have to look into later. It holds ids and fixed words only: no e-mail address, no
/// network address, no secret. Logged after the change it tells of was committed, since a transaction may run twice.
#[must_use = "it is logged by `log`"]
#[derive(Clone, Copy, Debug)]
pub struct SecurityEvent {
    name: &'static str,
    user: Option<UserId>,
    by: Option<UserId>,
    session: Option<SessionId>,
    subject: Option<Uuid>,
    detail: Option<&'static str>,
    count: Option<u64>,
}

impl SecurityEvent {
    /// `name` is a fixed word such as `login_failed`; docs/operations.md lists them.
    pub fn new(name: &'static str) -> Self {
        Self { name, user: None, by: None, session: None, subject: None, detail: None, count: None }
    }

    /// Whose account it is about; absent when there is no such account.
    pub fn user(mut self, user: impl Into<Option<UserId>>) -> Self {
        self.user = user.into();
        self
    }

    /// Who did it, when that is somebody else.
    pub fn by(mut self, by: UserId) -> Self {
        self.by = Some(by);
        self
    }

    pub fn session(mut self, session: SessionId) -> Self {
        self.session = Some(session);
        self
    }

    /// What it is about beside a person: an invitation or a conversation.
    pub fn subject(mut self, subject: Uuid) -> Self {
        self.subject = Some(subject);
        self
    }

    /// One of a few fixed words that say more.
    pub fn detail(mut self, detail: &'static str) -> Self {
        self.detail = Some(detail);
        self
    }

    /// How many things were concerned, such as sessions that ended.
    pub fn count(mut self, count: usize) -> Self {
        self.count = Some(count as u64);
        self
    }

    pub fn log(self) {
        metrics::counter!("village_security_events_total", "event" => self.name).increment(1);
        let Self { name, user, by, session, subject, detail, count } = self;
        tracing::info!(
            target: SECURITY_TARGET,
            security_event = name,
            user = user.map(tracing::field::display),
            by = by.map(tracing::field::display),
            session = session.map(tracing::field::display),
            subject = subject.map(tracing::field::display),
            detail,
            count,
            "security event"
        );
    }
}
