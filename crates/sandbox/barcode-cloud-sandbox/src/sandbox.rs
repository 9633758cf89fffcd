//! The handle to a running sandbox.

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::{fmt, io};

use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;

use crate::Error;
use crate::admin;
use crate::auth::{Credentials, Revoke};
use crate::builder::Builder;
use crate::contract::Document;
use crate::fault::Script;
use crate::journal::LoggedRequest;
use crate::matcher::RequestMatcher;
use crate::state::State;
use crate::url_files::UrlFile;

/// A running emulator of the service, on a port of the loopback interface.
///
/// It accepts requests until it is stopped or dropped. Any number of sandboxes can run in one
/// process; each has its own port, credentials and signing key.
pub struct Sandbox {
    pub(crate) endpoints: Endpoints,
    pub(crate) port: u16,
    pub(crate) ca_certificate: Option<String>,
    pub(crate) state: Arc<State>,
    /// Stops the server when it is dropped.
    pub(crate) stop: DropGuard,
    pub(crate) server: JoinHandle<()>,
}

/// The URLs of a sandbox.
pub(crate) struct Endpoints {
    pub(crate) origin: String,
    pub(crate) base_url: String,
    pub(crate) token_url: String,
    admin_url: String,
    page_url: String,
}

impl Endpoints {
    /// The origin of a sandbox that listens on `address`. If that is an unspecified address, such
    /// as `0.0.0.0`, the origin has the loopback address.
    pub(crate) fn origin(scheme: &str, mut address: SocketAddr) -> String {
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("{scheme}://{address}")
    }

    pub(crate) fn new(origin: String, document: &Document) -> Self {
        Self {
            base_url: format!("{origin}{}", document.base_path),
            token_url: format!("{origin}{}", document.token_path),
            admin_url: format!("{origin}{}", admin::PATH),
            page_url: format!("{origin}/"),
            origin,
        }
    }
}

impl Sandbox {
    /// Starts a sandbox on any free port, with random credentials.
    ///
    /// It runs on the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// The errors of [`Builder::start`].
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Returns a builder with the default settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base URL of the API: `http://127.0.0.1:PORT/v4.0`, or below the
    /// [public URL](Builder::public_url).
    pub fn base_url(&self) -> &str {
        &self.endpoints.base_url
    }

    /// The URL of the token endpoint: `http://127.0.0.1:PORT/connect/token`.
    pub fn token_url(&self) -> &str {
        &self.endpoints.token_url
    }

    /// The base URL of the admin calls: `http://127.0.0.1:PORT/_sandbox`. Below it are `health`,
    /// `faults`, `requests` and `tokens`.
    pub fn admin_url(&self) -> &str {
        &self.endpoints.admin_url
    }

    /// The URL of the page to open in a browser: `http://127.0.0.1:PORT/`.
    pub fn page_url(&self) -> &str {
        &self.endpoints.page_url
    }

    /// The client id that the token endpoint accepts. If there are several, the first.
    pub fn client_id(&self) -> &str {
        self.first_client().map_or("", |client| &client.client_id)
    }

    /// The secret of [`client_id`](Self::client_id).
    pub fn client_secret(&self) -> &str {
        self.first_client().map_or("", |client| &client.client_secret)
    }

    fn first_client(&self) -> Option<&Credentials> {
        self.state.token_issuer.clients().first()
    }

    /// Also accepts this client, until the next [reset](Self::reset).
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the id or the secret is empty or longer than 1024 bytes, or if 100
    /// clients were added already.
    pub fn add_client(
        &self,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Result<(), Error> {
        let (client_id, client_secret) = (client_id.into(), client_secret.into());
        let client = Credentials { client_id, client_secret };
        self.state.add_client(client).map_err(Error::Setting)
    }

    /// The certificate of the CA to trust, as PEM, if the sandbox uses [TLS](Builder::tls).
    pub fn ca_certificate(&self) -> Option<&str> {
        self.ca_certificate.as_deref()
    }

    /// The port that the sandbox listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Maps a URL to an image, for requests with `fileUrl`; see [`Builder::url_file`].
    pub fn url_file(&self, url: impl Into<String>, file: impl Into<UrlFile>) {
        self.state.files.insert(url.into(), file.into());
    }

    /// Removes the image of a URL. Returns whether there was one.
    pub fn remove_url_file(&self, url: &str) -> bool {
        self.state.files.remove(url)
    }

    /// Returns the sandbox to its state at the start, for the next test: the faults, images and
    /// clients of the start, an empty request log, no revoked tokens, and no failures to obtain a
    /// token. Tokens stay valid.
    pub fn reset(&self) {
        self.state.reset();
    }

    /// Adds a fault or a script of faults for the next requests, after the active scripts. Returns
    /// its id, to [remove](Self::remove_faults) it.
    ///
    /// ```
    /// # async fn run(sandbox: barcode_cloud_sandbox::Sandbox) -> Result<(), barcode_cloud_sandbox::Error> {
    /// use barcode_cloud_sandbox::Fault;
    ///
    /// sandbox.inject(Fault::status(503))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::Fault`] if the script is invalid, or the sandbox has too many scripts.
    /// - [`Error::Matcher`] if its conditions are invalid or name an unknown operation.
    pub fn inject(&self, script: impl Into<Script>) -> Result<u64, Error> {
        self.state.faults.add(script.into())
    }

    /// Removes the script of faults with this id. Returns whether it was still active.
    pub fn remove_faults(&self, id: u64) -> bool {
        self.state.faults.remove(id)
    }

    /// Removes all active scripts of faults.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Returns the requests to the operations and the token endpoint so far, oldest first: the last
    /// thousand, up to 8 MiB.
    ///
    /// ```
    /// # async fn run(sandbox: barcode_cloud_sandbox::Sandbox) {
    /// // The code under test ran. What did it send?
    /// let requests = sandbox.requests();
    /// let scans = requests.iter().filter(|request| request.operation.as_deref() == Some("Scan"));
    /// assert_eq!(scans.count(), 1);
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state.log.list()
    }

    /// Returns how many requests of the log match. Headers and parameters whose values the log
    /// hides match only the text `[redacted]`, and only bodies that the log contains are compared.
    ///
    /// ```
    /// # async fn run(sandbox: barcode_cloud_sandbox::Sandbox) -> Result<(), barcode_cloud_sandbox::Error> {
    /// use barcode_cloud_sandbox::RequestMatcher;
    ///
    /// let matcher = RequestMatcher::new().operation("Generate").query("data", "A1");
    /// assert_eq!(sandbox.count_requests(matcher)?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Matcher`] if the matcher is invalid or names an unknown operation.
    pub fn count_requests(&self, matcher: RequestMatcher) -> Result<usize, Error> {
        Ok(self.state.log.count(&matcher.compile(&self.state.names)?))
    }

    /// Clears the request log.
    pub fn clear_requests(&self) {
        self.state.log.clear();
    }

    /// Revokes all access tokens issued so far: the next request with one of them gets 401.
    pub fn revoke_tokens(&self) {
        // Only revoking a single token or an unknown client can fail.
        let _ = self.state.token_issuer.revoke(Revoke::All);
    }

    /// Revokes one access token.
    ///
    /// # Errors
    ///
    /// [`Error::Revocation`] if the sandbox did not issue the token, or if 10,000 tokens are
    /// revoked individually.
    pub fn revoke_token(&self, token: &str) -> Result<(), Error> {
        self.state.token_issuer.revoke(Revoke::Token(token)).map_err(Error::Revocation)
    }

    /// Revokes all access tokens that a client has obtained so far.
    ///
    /// # Errors
    ///
    /// [`Error::Revocation`] if the sandbox does not accept the client.
    pub fn revoke_client(&self, client_id: &str) -> Result<(), Error> {
        self.state.token_issuer.revoke(Revoke::Client(client_id)).map_err(Error::Revocation)
    }

    /// Stops the sandbox: it accepts no new connections and waits for the requests in flight. After
    /// nine seconds, the remaining requests are dropped and their work is cancelled.
    pub async fn stop(self) {
        let _ = self.run_until(std::future::ready(())).await;
    }

    /// Runs until `signal` completes, then stops as [`stop`](Self::stop) does.
    ///
    /// ```no_run
    /// # async fn run(sandbox: barcode_cloud_sandbox::Sandbox) -> Result<(), Box<dyn std::error::Error>> {
    /// sandbox.run_until(async { drop(tokio::signal::ctrl_c().await) }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Server`] if the server ends unexpectedly.
    pub async fn run_until(self, signal: impl Future<Output = ()>) -> Result<(), Error> {
        let Self { stop, mut server, .. } = self;
        let ended = tokio::select! {
            () = signal => {
                drop(stop);
                server.await
            }
            ended = &mut server => ended,
        };
        ended.map_err(|join| Error::Server(io::Error::other(join)))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.endpoints.base_url)
            .field("token_url", &self.endpoints.token_url)
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}
