//! The version that a release needs.

use contract_review::diff::Bump;
use semver::Version;

/// Returns the lowest version after `last` that may contain changes that require `bump`.
///
/// Before 1.0.0, a breaking change raises the second part of the version and all others the third,
/// as Cargo's rules of compatibility demand.
#[must_use]
pub fn required(last: &Version, bump: Bump) -> Version {
    let (major, minor, patch) = (last.major, last.minor, last.patch);
    match (bump, major, minor) {
        (Bump::None, ..) => last.clone(),
        (Bump::Major, 0, 0) => Version::new(0, 0, patch + 1),
        (Bump::Major, 0, _) => Version::new(0, minor + 1, 0),
        (Bump::Major, ..) => Version::new(major + 1, 0, 0),
        (Bump::Minor, 1.., _) => Version::new(major, minor + 1, 0),
        (Bump::Minor | Bump::Patch, ..) => Version::new(major, minor, patch + 1),
    }
}

#[cfg(test)]
mod tests {
    use contract_review::diff::Bump::{self, Major, Minor, None, Patch};
    use semver::Version;

    use super::required;

    #[test]
    fn the_required_version_follows_the_rules_of_cargo() {
        let rows: &[(&str, Bump, &str)] = &[
            ("1.2.3", Major, "2.0.0"),
            ("1.2.3", Minor, "1.3.0"),
            ("1.2.3", Patch, "1.2.4"),
            ("1.2.3", None, "1.2.3"),
            ("0.2.3", Major, "0.3.0"),
            ("0.2.3", Minor, "0.2.4"),
            ("0.2.3", Patch, "0.2.4"),
            ("0.0.3", Major, "0.0.4"),
            ("0.0.3", Minor, "0.0.4"),
        ];
        for (last, bump, expected) in rows {
            let last = Version::parse(last).unwrap();
            assert_eq!(required(&last, *bump).to_string(), *expected, "{last} {bump:?}");
        }
    }
}
