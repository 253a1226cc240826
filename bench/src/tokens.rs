//! Access tokens of people who never logged in: signed with a key of the bench's own, whose public half is put among
//! those that the server believes.
//!
//! Ten thousand logins would take minutes, because passwords are slow on purpose. The server verifies these tokens as
//! it does all others.

use std::fs;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use uuid::Uuid;

use crate::community::ids::person;
use crate::community::{Shape, store, tables};

/// Tokens name who issued them; every server of a community says this is its address.
pub const ISSUER: &str = "http://127.0.0.1:8080";

const KEY_ID: Uuid = Uuid::from_u128(0x018f_0000_0000_7000_8000_00be_0000_0001);

pub struct Signer {
    document: Vec<u8>,
}

impl Signer {
    /// The key kept in `folder`, or a new one.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        install_crypto_provider();
        let document = match fs::read(folder.join("bench.key")) {
            Ok(document) => document,
            Err(_) => Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())?.as_ref().to_vec(),
        };
        Ok(Self { document })
    }

    pub fn save(&self, folder: &Path) -> anyhow::Result<()> {
        Ok(fs::write(folder.join("bench.key"), &self.document)?)
    }

    /// Puts the public half among the server's keys. The number 0 is before that of its own first one, which is what
    /// the server signs with: it cannot read our private half.
    pub async fn publish(&self, store: &mut store::Store) -> anyhow::Result<()> {
        let public = Ed25519KeyPair::from_pkcs8(&self.document)?.public_key().as_ref().to_vec();
        store.execute("delete from auth_signing_keys where number = 0").await?;
        let row = [
            store::Value::Id(KEY_ID),
            store::Value::Number(0),
            store::Value::Bytes(public),
            store::Value::Bytes(vec![0; 64]),
            store::Value::Time(1_719_792_000_000_000),
        ];
        let columns = "key_id, number, public_key, private_key, created_at";
        store.insert("auth_signing_keys", columns, std::iter::once(row)).await?;
        Ok(())
    }

    /// A token of the person, good for a day.
    pub fn token(&self, shape: Shape, number: u32) -> anyhow::Result<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(KEY_ID.to_string());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
        let claims = json!({
            "iss": ISSUER, "aud": "village", "sub": person(number), "sid": tables::session(shape, number),
            "role": "member", "iat": now, "exp": now + 86_400,
        });
        Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&self.document))?)
    }
}

fn install_crypto_provider() {
    // An error means that it is installed already.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}
