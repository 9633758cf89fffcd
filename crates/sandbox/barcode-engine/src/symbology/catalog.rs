//! Finds symbologies in the tables.

use super::{Symbology, table};

impl Symbology {
    /// Returns all types, including those that this build can neither write nor read. Of two types
    /// that share a symbol, the more specific one comes first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        let all = table::SYMBOLOGIES.iter();
        #[cfg(feature = "all-symbologies")]
        let all = all.chain(super::native_table::SYMBOLOGIES);
        all
    }

    /// Returns the type with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|symbology| symbology.name == name)
    }
}
