//! The errors in a client's settings. None of them shows a value that may be a secret.

use std::path::PathBuf;

use super::OneLine;

/// An error in the settings of a client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The client has neither credentials nor a token.
    #[error(
        "the client has no credentials: set `client_id` and `client_secret` in the configuration, call `credentials` \
         or `token_source` on the builder, or set the environment variables BARCODE_CLOUD_CLIENT_ID and \
         BARCODE_CLOUD_CLIENT_SECRET and call `env`"
    )]
    NoCredentials,
    /// Only one of two settings that require each other is set.
    #[error("`{given}` is set but `{missing}` is missing: set both, or neither")]
    MissingSetting {
        /// The setting that is set.
        given: &'static str,
        /// The setting that is missing.
        missing: &'static str,
    },
    /// The user agent is not a valid header value.
    #[error(
        "`user_agent` contains a character that a header cannot contain: use visible ASCII and spaces"
    )]
    UserAgent,
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
    /// The credentials, the token, a URL or an environment variable is invalid.
    #[error(transparent)]
    Auth(barcode_cloud_auth::Error),
    /// The proxy is not a valid URL. It is not shown, because it may contain a password.
    #[error("the proxy is not a URL: write it as http://host:port")]
    Proxy,
    /// A header has an invalid name or value, or may not be set.
    #[error("the header `{}` {reason}", name.escape_debug())]
    Header {
        /// The name of the header.
        name: String,
        /// The reason why the header is invalid.
        reason: &'static str,
    },
    /// A root certificate file could not be loaded.
    #[error(
        "cannot load root certificates from {}: {reason}; check `root_certificates`",
        OneLine(&path.to_string_lossy())
    )]
    Certificate {
        /// The path of the file.
        path: PathBuf,
        /// The reason why the file could not be loaded.
        reason: String,
    },
    /// The client certificate could not be loaded.
    #[error(
        "cannot load the client certificate from {}: {reason}; check `client_certificate`",
        OneLine(&path.to_string_lossy())
    )]
    ClientCertificate {
        /// The path of the file.
        path: PathBuf,
        /// The reason why the file could not be loaded.
        reason: String,
    },
    /// The runtime of blocking calls could not be started, or a blocking call panicked.
    #[error("the blocking call could not run: {0}")]
    Runtime(#[source] std::io::Error),
    /// The HTTP client could not be created.
    #[error("cannot create the HTTP client: {0}")]
    Http(#[source] reqwest::Error),
}
