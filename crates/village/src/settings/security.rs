//! Where to report a weakness: what `/.well-known/security.txt` says (RFC 9116).

use std::str::FromStr;

use super::{Reader, SettingsError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityContact {
    /// In the order of preference.
    pub contacts: Vec<String>,
    pub policy: Option<String>,
    pub encryption: Option<String>,
    pub languages: Option<String>,
}

/// Addresses as the file wants them, separated by commas.
struct Contacts(Vec<String>);

impl FromStr for Contacts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let contacts: Vec<String> = text.split(',').map(|contact| contact.trim().to_owned()).collect();
        let is_contact = |contact: &String| {
            is_plain(contact) && ["https://", "mailto:", "tel:"].iter().any(|scheme| begins(contact, scheme))
        };
        match contacts.iter().all(is_contact) {
            true => Ok(Self(contacts)),
            false => Err("must be mailto:NAME@HOST, https://… or tel:+…; several are separated by commas".to_owned()),
        }
    }
}

struct Link(String);

impl FromStr for Link {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match begins(text, "https://") && is_plain(text) {
            true => Ok(Self(text.to_owned())),
            false => Err("must begin with https://".to_owned()),
        }
    }
}

struct Languages(String);

impl FromStr for Languages {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_tag = |tag: &str| {
            let tag = tag.trim();
            !tag.is_empty() && tag.len() <= 35 && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        match text.split(',').all(is_tag) {
            true => Ok(Self(text.to_owned())),
            false => Err("must be language tags separated by commas, as in `en, de`".to_owned()),
        }
    }
}

fn begins(text: &str, scheme: &str) -> bool {
    text.len() > scheme.len() && text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// One line of the file: no space, no line break.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(super) fn read(from: &mut Reader) -> Result<Option<SecurityContact>, SettingsError> {
    let contacts: Option<Contacts> = from.optional(
        "security.contact",
        "none: there is no /.well-known/security.txt",
        "Whom to tell of a weakness: `mailto:NAME@HOST`, `https://…` or `tel:+…`, several separated by commas. It is \
         published at /.well-known/security.txt (RFC 9116).",
    )?;
    let policy: Option<Link> =
        from.optional("security.policy", "none", "https:// address of the rules for those who look for weaknesses.")?;
    let encryption: Option<Link> =
        from.optional("security.encryption", "none", "https:// address of a key to encrypt reports with.")?;
    let languages: Option<Languages> =
        from.optional("security.languages", "none", "Languages in which reports are read, as in `en, de`.")?;
    let Some(Contacts(contacts)) = contacts else {
        if policy.is_some() || encryption.is_some() || languages.is_some() {
            return Err(SettingsError::Invalid {
                key: "security.contact".to_owned(),
                origin: "missing".to_owned(),
                message: "is needed with the other settings `security.…`: whom to tell of a weakness".to_owned(),
            });
        }
        return Ok(None);
    };
    Ok(Some(SecurityContact {
        contacts,
        policy: policy.map(|link| link.0),
        encryption: encryption.map(|link| link.0),
        languages: languages.map(|languages| languages.0),
    }))
}
