//! What is wrong with the settings of a client. No value that may be a secret is shown.

use std::path::PathBuf;

use super::OneLine;

/// What is wrong with the settings of a client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The client has neither credentials nor a token.
    #[error(
        "no credentials: set `client_id` and `client_secret` in the configuration, or give the builder `credentials`, a \
         `token_source`, or the environment (`env`) with BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET"
    )]
    NoCredentials,
    /// One of two settings that go together is missing.
    #[error("`{missing}` is missing beside `{given}`: set both, or neither")]
    Half {
        /// The setting that is there.
        given: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// The user agent is none.
    #[error("`user_agent` has a character that no header can carry: use visible ASCII")]
    UserAgent,
    /// A variable of the environment is wrong.
    #[error("the environment variable {name} {fault}: set it or unset it")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The base URL is invalid; the text gives the reason.
    #[error("the base URL {0}: write it as https://host/v4.0")]
    BaseUrl(&'static str),
    /// A limit is zero.
    #[error(
        "`{setting}` is 0, so no request could ever be sent: set at least 1, or leave it unset for no limit"
    )]
    Zero {
        /// The limit: `concurrency` or `requests_per_second`.
        setting: &'static str,
    },
    /// The credentials, the token or an address is wrong.
    #[error(transparent)]
    Auth(barcode_cloud_auth::Error),
    /// The proxy is none. It may hold a password: it is not shown.
    #[error("the proxy is not a URL: write it as http://host:port")]
    Proxy,
    /// A header is none.
    #[error("the header `{}` {reason}", name.escape_debug())]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file of root certificates is none.
    #[error(
        "cannot take root certificates from {}: {reason}; check `root_certificates`",
        OneLine(&path.to_string_lossy())
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no runtime for calls to run on: that of a blocking client cannot be started, or one was shut down.
    #[error("the runtime for the calls is not there: {0}")]
    Runtime(#[source] std::io::Error),
    /// No HTTP client can be set up.
    #[error("cannot set up an HTTP client: {0}")]
    Http(#[source] reqwest::Error),
}
