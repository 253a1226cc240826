//! The examples that client and server share.

use serde_json::Value;

pub(crate) fn examples(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../../testdata/text.json")).unwrap();
    all[of].as_array().unwrap_or_else(|| panic!("no examples of {of}")).clone()
}
