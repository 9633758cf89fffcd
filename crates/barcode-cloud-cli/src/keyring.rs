//! The secrets of profiles in the keyring of the system: the Secret Service of Linux desktops, the
//! Keychain of macOS or the Credential Manager of Windows.

use anyhow::anyhow;
use keyring::{Entry, Error};

use crate::profile::WITHOUT_KEYRING;

/// The name of this program in the keyring.
const SERVICE: &str = "barcode";

/// The place of the secret of one profile.
pub(crate) struct Secret(Entry);

impl Secret {
    /// Connects to the keyring.
    pub(crate) fn of(profile: &str) -> anyhow::Result<Self> {
        if let Err(error) = Entry::store_status() {
            return Err(unavailable(error));
        }
        Entry::new(SERVICE, profile).map(Self).map_err(|error| unavailable(&error))
    }

    /// Returns the secret, if there is one.
    pub(crate) fn get(&self) -> anyhow::Result<Option<String>> {
        found(self.0.get_password())
    }

    pub(crate) fn set(&self, secret: &str) -> anyhow::Result<()> {
        self.0.set_password(secret).map_err(|error| unavailable(&error))
    }

    /// Removes the secret. Returns whether there was one.
    pub(crate) fn remove(&self) -> anyhow::Result<bool> {
        Ok(found(self.0.delete_credential())?.is_some())
    }
}

fn found<T>(result: Result<T, Error>) -> anyhow::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(unavailable(&error)),
    }
}

fn unavailable(error: &Error) -> anyhow::Error {
    anyhow!("the keyring of the system cannot be used ({error}); {WITHOUT_KEYRING}")
}
