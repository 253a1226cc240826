//! All SQL of the service, by table.

pub(crate) mod accounts;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod master_key;
pub(crate) mod resets;
pub(crate) mod revocations;
pub(crate) mod sessions;
