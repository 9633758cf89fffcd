//! The settings of a client as data, for services that keep them in a configuration file of their own. Knows no HTTP
//! and reads no environment.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The settings of a client, to be embedded in a service's own configuration.
///
/// The builder's methods override it, and it overrides the environment: see [`ClientBuilder`](crate::ClientBuilder).
/// Whatever is left out has its default; unknown names are rejected. Durations are written as `10s`, `1m 30s` or `250ms`.
/// Secrets (the client secret, the token, proxy and headers) are read but never written, and not shown by `Debug`.
///
/// ```
/// use barcode_cloud::{Client, Config};
///
/// let config: Config = serde_json::from_str(
///     r#"{
///         "client_id": "labels",
///         "client_secret": "kept elsewhere",
///         "concurrency": 32,
///         "timeouts": { "call": "30s" },
///         "retry": { "attempts": 5 }
///     }"#,
/// )?;
/// let client = Client::from_config(config)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Address of the service, [`BASE_URL`](crate::api::BASE_URL) by default. `https` only, but for loopback addresses.
    pub base_url: Option<String>,
    /// Address that tokens come from, [`TOKEN_URL`](crate::api::TOKEN_URL) by default. `https` only, but for loopback
    /// addresses.
    pub token_url: Option<String>,
    /// The client id; together with [`client_secret`](Self::client_secret).
    pub client_id: Option<String>,
    /// The client secret. It is sent to the token address and nowhere else.
    #[serde(skip_serializing)]
    pub client_secret: Option<SecretString>,
    /// A JSON file with `client_id` and `client_secret`, read anew for each token, instead of the two.
    pub credentials_file: Option<PathBuf>,
    /// A ready token, instead of all credentials. It is not renewed.
    #[serde(skip_serializing)]
    pub access_token: Option<SecretString>,
    /// What requests say they come from. `barcode-cloud/VERSION` by default.
    pub user_agent: String,
    /// Headers sent with every call (not with token requests), for a gateway.
    #[serde(skip_serializing)]
    pub headers: BTreeMap<String, SecretString>,
    /// Proxy for all requests, such as `http://proxy:3128`. The system's by default.
    #[serde(skip_serializing)]
    pub proxy: Option<SecretString>,
    /// PEM files with root certificates to trust besides the system's.
    pub root_certificates: Vec<PathBuf>,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// When and how often a failed request is sent again.
    pub retry: Retry,
    /// Maximum number of requests in flight; further ones wait. No limit by default; 0 is an error when the client is built.
    pub concurrency: Option<usize>,
    /// Maximum number of requests per second, evenly spread; further ones wait. No limit by default; 0 is an error when the
    /// client is built.
    pub requests_per_second: Option<u32>,
    /// Bytes that an answer may have. 64 MiB by default.
    pub max_answer_bytes: usize,
    /// Whether traces hold what barcodes say. Not by default.
    pub trace_data: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: None,
            token_url: None,
            client_id: None,
            client_secret: None,
            credentials_file: None,
            access_token: None,
            user_agent: concat!("barcode-cloud/", env!("CARGO_PKG_VERSION")).to_owned(),
            headers: BTreeMap::new(),
            proxy: None,
            root_certificates: Vec::new(),
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            concurrency: None,
            requests_per_second: None,
            max_answer_bytes: 64 << 20,
            trace_data: false,
        }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Timeouts {
    /// Connecting, TLS included. 10 s by default.
    #[serde(with = "humantime_serde")]
    pub connect: Duration,
    /// One request, from asking for a token to the last byte of the answer. 100 s by default: a large picture has to go
    /// up and be read.
    #[serde(with = "humantime_serde")]
    pub attempt: Duration,
    /// A whole call: waiting for its turn, all attempts, the pauses between them. 300 s by default.
    #[serde(with = "humantime_serde")]
    pub call: Duration,
    /// Between two pieces of an answer. 30 s by default.
    #[serde(with = "humantime_serde")]
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            attempt: Duration::from_secs(100),
            call: Duration::from_secs(300),
            idle: Duration::from_secs(30),
        }
    }
}

/// When and how often a failed request is resent.
///
/// A request is resent by default only where it was certainly not processed, and therefore not billed:
///
/// - no connection could be made;
/// - the service answered 429 or 503;
/// - an HTTP/2 server says that it did not process the request, because it shuts down or refused the stream. The first
///   such retry is immediate and does not count towards the budget.
///
/// A request whose response was lost (the connection broke, the attempt timed out, or a gateway answered 408, 502 or
/// 504) may have been processed and **may be billed twice** when it is resent. It is resent only with
/// [`lost_answers`](Self::lost_answers), and one that was answered 500 only with
/// [`server_errors`](Self::server_errors). The documentation of [`Error`](crate::Error) has a table of all statuses.
///
/// Before each retry there is a pause of random length whose upper limit doubles each time. If the response has a
/// `Retry-After` header, the random pause is added to that time and may be as long as a tenth of it, within
/// `max_pause`, so that clients that were told to wait do not all return at once. All clones of a client share a budget
/// of retries, so that an outage does not multiply the load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Retry {
    /// Attempts a call, the first included. 3 by default; 1 sends nothing again.
    pub attempts: NonZeroU32,
    /// The most that the first pause lasts. 200 ms by default.
    #[serde(with = "humantime_serde")]
    pub first_pause: Duration,
    /// The most that the random part of a pause lasts. 20 s by default. An answer that asks for a longer pause ends the
    /// call, as does one for which no time is left; [`Error::retry_after`](crate::Error::retry_after) tells how long.
    #[serde(with = "humantime_serde")]
    pub max_pause: Duration,
    /// Attempts beyond the first, of all calls in the last 10 s together, in percent of these calls, to the
    /// attempt; one a second is always free. 10 by default; more than 100 are allowed.
    pub budget_percent: u8,
    /// Whether a request that was answered 500 is resent. `false` by default: it may be billed twice, and the request
    /// itself may be the cause.
    pub server_errors: bool,
    /// Whether a request is resent whose response was lost: the connection broke, the attempt timed out, or a gateway
    /// answered 408, 502 or 504. `false` by default: it may be billed twice.
    pub lost_answers: bool,
}

impl Retry {
    /// Sends nothing again, but after a 401 that another token may mend.
    pub fn none() -> Self {
        Self {
            attempts: NonZeroU32::MIN,
            ..Self::default()
        }
    }

    /// Sets [`attempts`](Self::attempts); 0 counts as 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = NonZeroU32::new(attempts).unwrap_or(NonZeroU32::MIN);
        self
    }

    /// Sets [`first_pause`](Self::first_pause) and [`max_pause`](Self::max_pause).
    #[must_use]
    pub fn pauses(mut self, first: Duration, max: Duration) -> Self {
        (self.first_pause, self.max_pause) = (first, max);
        self
    }

    /// Sets [`budget_percent`](Self::budget_percent).
    #[must_use]
    pub fn budget_percent(mut self, percent: u8) -> Self {
        self.budget_percent = percent;
        self
    }

    /// Sets [`server_errors`](Self::server_errors).
    #[must_use]
    pub fn server_errors(mut self, retry: bool) -> Self {
        self.server_errors = retry;
        self
    }

    /// Sets [`lost_answers`](Self::lost_answers).
    #[must_use]
    pub fn lost_answers(mut self, retry: bool) -> Self {
        self.lost_answers = retry;
        self
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: const { NonZeroU32::new(3).expect("3 is not 0") },
            first_pause: Duration::from_millis(200),
            max_pause: Duration::from_secs(20),
            budget_percent: 10,
            server_errors: false,
            lost_answers: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Config;

    #[test]
    fn secrets_are_read_but_neither_written_nor_shown() {
        let read = json!({
            "client_id": "labels",
            "client_secret": "canary-1",
            "access_token": "canary-4",
            "proxy": "http://user:canary-2@proxy:3128",
            "headers": {"x-gateway-key": "canary-3"},
        });
        let config: Config = serde_json::from_value(read).unwrap();
        assert!(
            config.client_secret.is_some()
                && config.access_token.is_some()
                && config.proxy.is_some()
        );
        let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(
            shown.contains("labels") && !shown.contains("canary"),
            "{shown}"
        );
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let mut config = Config::default();
        config.timeouts.call = std::time::Duration::from_millis(1500);
        config.retry = config.retry.attempts(7);
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.contains(r#""call":"1s 500ms""#), "{text}");
        let read: Config = serde_json::from_str(&text).unwrap();
        assert_eq!(read.timeouts, config.timeouts);
        assert_eq!(read.retry, config.retry);
    }

    #[test]
    fn a_name_that_is_none_and_a_number_out_of_bounds_are_errors() {
        for (odd, says) in [
            (json!({"base_uri": "https://x"}), "base_uri"),
            (json!({"retry": {"tries": 3}}), "tries"),
            (json!({"timeouts": {"call": "soon"}}), "soon"),
            (json!({"concurrency": -1}), "-1"),
            (json!({"retry": {"attempts": 0}}), "nonzero"),
        ] {
            let error = serde_json::from_value::<Config>(odd).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
