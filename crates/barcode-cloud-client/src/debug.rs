//! `Debug` for the generated client.

use std::fmt;

use crate::Client;

/// Shows the base URL, unless it may contain a password.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.baseurl.contains('@') {
            true => "(not shown)",
            false => &self.baseurl,
        };
        f.debug_struct("Client").field("baseurl", &shown).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Client, Hooks};

    #[test]
    fn a_password_in_the_base_url_is_not_shown() {
        for (base_url, shown) in [
            ("http://h/v4.0", "http://h/v4.0"),
            ("http://user:canary@h/v4.0", "(not shown)"),
            ("http://canary@h/v4.0", "(not shown)"),
        ] {
            let text = format!("{:?}", Client::new(base_url, Hooks::none()));
            assert!(text.contains(shown) && !text.contains("canary"), "{text}");
        }
    }
}
