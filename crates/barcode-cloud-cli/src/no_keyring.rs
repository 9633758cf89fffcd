//! Replaces `keyring.rs` in a build without the feature `keyring`.

use anyhow::bail;

use crate::profile::WITHOUT_KEYRING;

/// There is no such place.
pub(crate) enum Secret {}

impl Secret {
    pub(crate) fn of(_: &str) -> anyhow::Result<Self> {
        bail!("this program was built without keyrings, so {WITHOUT_KEYRING}")
    }

    pub(crate) fn get(&self) -> anyhow::Result<Option<String>> {
        match *self {}
    }

    pub(crate) fn set(&self, _: &str) -> anyhow::Result<()> {
        match *self {}
    }

    pub(crate) fn remove(&self) -> anyhow::Result<bool> {
        match *self {}
    }
}
