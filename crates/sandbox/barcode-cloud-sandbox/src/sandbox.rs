//! The sandbox as its user sees it: started, asked for its endpoints, stopped.

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::{fmt, io};

use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;

use crate::Error;
use crate::builder::Builder;
use crate::document::Document;
use crate::fault::Script;
use crate::files::UrlFile;
use crate::journal::LoggedRequest;
use crate::server::{self, State};
use crate::token::{Credentials, Revoke};

/// A running emulator of the service, on a port of the loopback interface.
///
/// It serves until it is stopped or dropped. Any number can run side by side in one process; each
/// has its own port, credentials and signing key.
pub struct Sandbox {
    pub(crate) endpoints: Endpoints,
    pub(crate) port: u16,
    pub(crate) state: Arc<State>,
    /// Dropping it stops the server, so a dropped sandbox stops by itself.
    pub(crate) stop: DropGuard,
    pub(crate) server: JoinHandle<()>,
}

/// Where a sandbox is found.
pub(crate) struct Endpoints {
    pub(crate) origin: String,
    pub(crate) base_url: String,
    pub(crate) token_url: String,
    admin_url: String,
    page_url: String,
}

impl Endpoints {
    /// Those of a sandbox that listens `at`. One that listens everywhere is found on this machine.
    pub(crate) fn new(mut at: SocketAddr, document: &Document) -> Self {
        if at.ip().is_unspecified() {
            at.set_ip(match at {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let origin = format!("http://{at}");
        Self {
            base_url: format!("{origin}{}", document.base_path),
            token_url: format!("{origin}{}", document.token_path),
            admin_url: format!("{origin}{}", server::ADMIN_PATH),
            page_url: format!("{origin}/"),
            origin,
        }
    }
}

impl Sandbox {
    /// Starts a sandbox on any free port, with credentials of its own.
    ///
    /// It runs on the Tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Settings for a sandbox.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address of the API: `http://127.0.0.1:PORT/v4.0`.
    pub fn base_url(&self) -> &str {
        &self.endpoints.base_url
    }

    /// The address of the token endpoint: `http://127.0.0.1:PORT/connect/token`.
    pub fn token_url(&self) -> &str {
        &self.endpoints.token_url
    }

    /// Where the sandbox itself is steered and watched: `http://127.0.0.1:PORT/_sandbox`, below
    /// which are `health`, `faults`, `requests` and `tokens`.
    pub fn admin_url(&self) -> &str {
        &self.endpoints.admin_url
    }

    /// The page for a person to open in a browser: `http://127.0.0.1:PORT/`.
    pub fn page_url(&self) -> &str {
        &self.endpoints.page_url
    }

    /// The client id that the token endpoint accepts; of several the first.
    pub fn client_id(&self) -> &str {
        self.first_client().map_or("", |it| &it.client_id)
    }

    /// The secret of [`client_id`](Self::client_id).
    pub fn client_secret(&self) -> &str {
        self.first_client().map_or("", |it| &it.client_secret)
    }

    fn first_client(&self) -> Option<&Credentials> {
        self.state.token_issuer.clients().first()
    }

    /// The port that the sandbox listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets `fileUrl` name a picture by `url`; see [`Builder::url_file`].
    pub fn url_file(&self, url: impl Into<String>, file: impl Into<UrlFile>) {
        self.state.files.insert(url.into(), file.into());
    }

    /// Lets faults happen to the requests to come, behind the scripts that play already.
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
    /// [`Error::Fault`] when the script cannot be played or names no operation of the document.
    pub fn inject(&self, script: impl Into<Script>) -> Result<(), Error> {
        self.state.faults.add(script.into()).map(drop)
    }

    /// Ends all faults that have not happened yet.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// The requests to the service and the token endpoint so far, the oldest first: the last
    /// thousand, or 8 MiB of them.
    ///
    /// ```
    /// # async fn run(sandbox: barcode_cloud_sandbox::Sandbox) {
    /// // The code under test ran. What did it send?
    /// let requests = sandbox.requests();
    /// let scans = requests.iter().filter(|it| it.operation.as_deref() == Some("Scan"));
    /// assert_eq!(scans.count(), 1);
    /// # }
    /// ```
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state.log.list()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.state.log.clear();
    }

    /// Takes back every access token given so far: the next call with one gets 401.
    pub fn revoke_tokens(&self) {
        // Only revoking a single token or an unknown client can fail.
        let _ = self.state.token_issuer.revoke(Revoke::All);
    }

    /// Stops: takes no new connection, answers the requests in flight, and returns when that is done. After nine
    /// seconds it drops the requests that are left, and cancels their work.
    pub async fn stop(self) {
        let _ = self.run_until(std::future::ready(())).await;
    }

    /// Serves until `signal` comes, then stops as [`stop`](Self::stop) does.
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
    /// [`Error::Server`] when the server ends before its time.
    pub async fn run_until(self, signal: impl Future<Output = ()>) -> Result<(), Error> {
        let Self {
            stop, mut server, ..
        } = self;
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
