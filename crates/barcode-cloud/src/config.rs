//! The settings of a client as data, for services that keep them in their own configuration file.
//! This module does not use HTTP and does not read the environment.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// The settings of a client, which a service can embed in its own configuration.
///
/// The builder's methods override these settings, and these settings override the environment: see
/// [`ClientBuilder`](crate::ClientBuilder).
///
/// - Omitted settings have their defaults; unknown names are rejected.
/// - Durations are written as `10s`, `1m 30s` or `250ms`.
/// - Secrets (the client secret, the access token, the proxy URL and header values) are
///   deserialized but never serialized, and `Debug` does not show them.
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
#[doc(alias = "Configuration")]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Base URL of the service, [`BASE_URL`](crate::api::BASE_URL) by default. It must use `https`,
    /// except for loopback addresses.
    pub base_url: Option<String>,
    /// URL of the token endpoint, [`TOKEN_URL`](crate::api::TOKEN_URL) by default. It must use
    /// `https`, except for loopback addresses.
    pub token_url: Option<String>,
    /// The client id. It requires [`client_secret`](Self::client_secret).
    pub client_id: Option<String>,
    /// The client secret. It is sent only to the token endpoint.
    #[serde(skip_serializing)]
    pub client_secret: Option<SecretString>,
    /// A JSON file with `client_id` and `client_secret`. It takes precedence over these two
    /// settings, and is reloaded each time a token is requested.
    pub credentials_file: Option<PathBuf>,
    /// A static token. It takes precedence over the credentials in this configuration, and is not
    /// renewed.
    #[serde(skip_serializing)]
    pub access_token: Option<SecretString>,
    /// Value of the `user-agent` header. `barcode-cloud/VERSION` by default.
    pub user_agent: String,
    /// Headers that a gateway requires. They are sent with every API request, but not with token
    /// requests.
    #[serde(skip_serializing)]
    pub headers: BTreeMap<String, SecretString>,
    /// URL of the proxy for all requests, such as `http://proxy:3128`. The system's proxy settings
    /// by default.
    #[serde(skip_serializing)]
    pub proxy: Option<SecretString>,
    /// PEM files with root certificates to trust in addition to the system's.
    pub root_certificates: Vec<PathBuf>,
    /// A PEM file with a client certificate and its PKCS #8 key, for servers that require mutual
    /// TLS. It is presented to the service and to the token endpoint.
    pub client_certificate: Option<PathBuf>,
    /// The deadlines of calls and their parts.
    pub timeouts: Timeouts,
    /// When and how often a failed request is resent.
    pub retry: Retry,
    /// Maximum number of requests in flight; further requests wait. No limit by default. The client
    /// cannot be built with 0.
    pub concurrency: Option<usize>,
    /// Maximum number of requests per second, evenly spread; further requests wait. No limit by
    /// default. The client cannot be built with 0.
    pub requests_per_second: Option<u32>,
    /// Maximum size of a response body in bytes. 64 MiB by default.
    pub max_response_bytes: usize,
    /// Whether traces include the data of barcodes, which may be personal. `false` by default.
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
            client_certificate: None,
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            concurrency: None,
            requests_per_second: None,
            max_response_bytes: 64 << 20,
            trace_data: false,
        }
    }
}

/// The deadlines of calls and their parts.
///
/// ```
/// use std::time::Duration;
///
/// use barcode_cloud::Config;
///
/// // For a service whose own callers wait no longer than 20 s.
/// let mut config = Config::default();
/// config.timeouts.call = Duration::from_secs(20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Timeouts {
    /// Limit for connecting, including the TLS handshake. 10 s by default.
    #[serde(with = "duration")]
    pub connect: Duration,
    /// Limit for one attempt, from obtaining a token to the last byte of the response. 100 s by
    /// default, because a large image takes time to upload and to read.
    #[serde(with = "duration")]
    pub attempt: Duration,
    /// Limit for a whole call: waiting for a permit, all attempts, and the pauses between them.
    /// 300 s by default.
    #[serde(with = "duration")]
    pub call: Duration,
    /// Limit for the time between two chunks of a response body. 30 s by default.
    #[serde(with = "duration")]
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
/// By default a request is resent only if it was certainly not processed, and therefore not billed:
///
/// - no connection could be made;
/// - the service responded with 429 or 503;
/// - an HTTP/2 server reported that it did not process the request, because it is shutting down or
///   refused the stream. The first such retry is immediate and does not count towards the budget.
///
/// A request whose response was lost may have been processed and **may be billed twice** if it is
/// resent. A response is lost if the connection broke, the attempt timed out, the image was
/// incomplete, or a gateway responded with 408, 502 or 504. Such a request is resent only with
/// [`lost_responses`](Self::lost_responses). After a 500 it is resent only with
/// [`server_errors`](Self::server_errors). The documentation of [`Error`](crate::Error) has a table
/// of all statuses.
///
/// Before each retry there is a pause of random length whose upper limit doubles each time. If the
/// response has a `Retry-After` header, the random pause is added to that time. Its upper limit is
/// then at least a tenth of that time, within `max_pause`, so that waiting clients do not all
/// return at once. All clones of a client share a budget of retries, so that an outage does not
/// multiply the load.
///
/// ```
/// use std::time::Duration;
/// use barcode_cloud::Retry;
///
/// // Up to 6 attempts, with random pauses of up to 0.5 s, 1 s, 2 s and so on, at most 60 s.
/// let retry = Retry::default().attempts(6);
/// let retry = retry.pauses(Duration::from_millis(500), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Retry {
    /// Maximum number of attempts per call, including the first. 3 by default; 1 disables retries.
    pub attempts: NonZeroU32,
    /// Upper limit of the first pause. 200 ms by default.
    #[serde(with = "duration")]
    pub first_pause: Duration,
    /// Upper limit of the random part of a pause. 20 s by default.
    ///
    /// If the response asks for a longer pause than this, or for one that does not end before the
    /// call's deadline, the call fails at once; [`Error::retry_after`](crate::Error::retry_after)
    /// returns the requested pause.
    #[serde(with = "duration")]
    pub max_pause: Duration,
    /// Retry budget: the retries of all clones in the last 10 s, as a percentage of their calls in
    /// that time. 10 by default; values above 100 are allowed. One retry per second is always
    /// allowed.
    pub budget_percent: u8,
    /// Whether a request is resent after a 500. `false` by default, because it may be billed twice,
    /// and because the request itself may be the cause.
    pub server_errors: bool,
    /// Whether a request is resent whose response was lost: the connection broke, the attempt timed
    /// out, the image was incomplete, or a gateway responded with 408, 502 or 504. `false` by
    /// default, because it may be billed twice.
    pub lost_responses: bool,
}

impl Retry {
    /// Disables retries, except for the one attempt with a new token after a 401.
    pub fn none() -> Self {
        Self { attempts: NonZeroU32::MIN, ..Self::default() }
    }

    /// Sets [`attempts`](Self::attempts); 0 is treated as 1.
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

    /// Sets [`lost_responses`](Self::lost_responses).
    #[must_use]
    pub fn lost_responses(mut self, retry: bool) -> Self {
        self.lost_responses = retry;
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
            lost_responses: false,
        }
    }
}

/// Durations in text such as `1m 30s`.
mod duration {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text)
            .map_err(|error| D::Error::custom(format!("`{text}` is not a duration: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Config;

    #[test]
    fn secrets_are_deserialized_but_not_serialized_or_shown() {
        let settings = json!({
            "client_id": "labels",
            "client_secret": "canary-1",
            "access_token": "canary-4",
            "proxy": "http://user:canary-2@proxy:3128",
            "headers": {"x-gateway-key": "canary-3"},
        });
        let config: Config = serde_json::from_value(settings).unwrap();
        assert!(
            config.client_secret.is_some()
                && config.access_token.is_some()
                && config.proxy.is_some()
        );
        let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(shown.contains("labels") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn a_serialized_configuration_deserializes_to_the_same_values() {
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
    fn unknown_names_and_invalid_values_are_rejected() {
        for (settings, expected) in [
            (json!({"base_uri": "https://x"}), "base_uri"),
            (json!({"retry": {"tries": 3}}), "tries"),
            (json!({"timeouts": {"call": "soon"}}), "soon"),
            (json!({"concurrency": -1}), "-1"),
            (json!({"retry": {"attempts": 0}}), "nonzero"),
        ] {
            let error = serde_json::from_value::<Config>(settings).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
