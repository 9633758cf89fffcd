//! The sandbox as its user sees it: started, asked for its addresses, stopped.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clock::Clock;
use crate::connection::{self, Bounds};
use crate::document::Document;
use crate::fault::{Faults, Script};
use crate::files::{Files, UrlFile};
use crate::journal::{Log, LoggedRequest, Redactor};
use crate::request::LargeBodies;
use crate::server::{self, Names, State};
use crate::token::{Authority, Credentials, Revoke, Terms};
use crate::workers::Workers;
use crate::xml::Vocabulary;
use crate::{Error, random};

/// How long a token is good for, unless set otherwise. The service's own lifetime is unknown.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
/// The largest request body, unless set otherwise: more than twice the document's largest field.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// So many connections at a time, unless set otherwise.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take to send headers, and then a body, unless set otherwise.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Dates far from now cannot be written down.
const LARGEST_SKEW: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long a stop waits for requests under way.
const GRACE: Duration = Duration::from_secs(10);

/// A running emulator of the service, on a port of the loopback interface.
///
/// It serves until it is stopped or dropped. Any number can run side by side in one process; each
/// has its own port, credentials and signing key.
pub struct Sandbox {
    base_url: String,
    token_url: String,
    admin_url: String,
    port: u16,
    state: Arc<State>,
    /// Dropping it stops the server, so a dropped sandbox stops by itself.
    stop: DropGuard,
    server: JoinHandle<()>,
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
        &self.base_url
    }

    /// The address of the token endpoint: `http://127.0.0.1:PORT/connect/token`.
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// Where the sandbox itself is steered and watched: `http://127.0.0.1:PORT/_sandbox`, below
    /// which are `health`, `faults`, `requests` and `tokens`.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
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
        self.state.authority.clients().first()
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
        let _ = self.state.authority.revoke(Revoke::All);
    }

    /// Stops: takes no new connection, answers the requests under way, and returns when that is
    /// done, or after ten seconds.
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
                match tokio::time::timeout(GRACE, server).await {
                    Ok(ended) => ended,
                    Err(_) => return Ok(()),
                }
            }
            ended = &mut server => ended,
        };
        ended.map_err(|join| Error::Server(io::Error::other(join)))
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url)
            .field("token_url", &self.token_url)
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}

/// Settings for a [`Sandbox`]; each has a default.
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    port: u16,
    credentials: Vec<Credentials>,
    token_lifetime: Duration,
    token_leeway: Duration,
    clock: Clock,
    body_limit: usize,
    max_connections: usize,
    read_timeout: Duration,
    files: Files,
    faults: Vec<Script>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            credentials: Vec::new(),
            token_lifetime: TOKEN_LIFETIME,
            token_leeway: Duration::ZERO,
            clock: Clock::default(),
            body_limit: BODY_LIMIT,
            max_connections: MAX_CONNECTIONS,
            read_timeout: READ_TIMEOUT,
            files: Files::default(),
            faults: Vec::new(),
        }
    }
}

impl Builder {
    /// The port to listen on; 0, the default, stands for any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A client id and secret to accept; called again, one more. The default is a random pair, made
    /// at each start.
    pub fn credentials(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        self.credentials.push(Credentials {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
        });
        self
    }

    /// How long an access token is good for, in whole seconds; an hour by default. Zero gives
    /// tokens that have expired when they arrive.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// How long after its end a token still passes, in whole seconds; none by default.
    pub fn token_leeway(mut self, leeway: Duration) -> Self {
        self.token_leeway = leeway;
        self
    }

    /// Sets the sandbox's clock ahead of the machine's: the times in tokens and the `Date` of
    /// answers. Tokens last as long as ever.
    pub fn clock_ahead(mut self, by: Duration) -> Self {
        self.clock.ahead = by;
        self
    }

    /// Sets the sandbox's clock behind the machine's; see [`clock_ahead`](Self::clock_ahead).
    pub fn clock_behind(mut self, by: Duration) -> Self {
        self.clock.behind = by;
        self
    }

    /// The largest request body, in bytes; 64 MiB by default.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The most connections at a time, 1024 by default. One more is closed as soon as it comes.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// How long the headers of a request may take to arrive, and its body then, a minute by default;
    /// also how long a connection may be idle between requests.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Lets faults happen from the start; see [`Sandbox::inject`].
    pub fn faults(mut self, script: impl Into<Script>) -> Self {
        self.faults.push(script.into());
        self
    }

    /// Lets `fileUrl` name a picture by `url`. The sandbox opens no address: `url` is only a name,
    /// compared letter by letter, and every other one is refused.
    pub fn url_file(self, url: impl Into<String>, file: impl Into<UrlFile>) -> Self {
        self.files.insert(url.into(), file.into());
        self
    }

    /// Starts the sandbox on the Tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// [`Error::PortInUse`] and [`Error::Listen`] when the port cannot be had, [`Error::Setting`]
    /// when an id or a secret is empty or the clock is more than ten years off, [`Error::Fault`] when a script of faults cannot be
    /// played.
    pub async fn start(self) -> Result<Sandbox, Error> {
        if self.clock.ahead.max(self.clock.behind) > LARGEST_SKEW {
            return Err(Error::Setting("the clock is more than ten years off"));
        }
        let clients = clients(self.credentials)?;
        let secrets = clients.iter().map(|it| it.client_secret.clone());
        let log = Log::new(Redactor::new(secrets));
        let document = Document::embedded()?;
        let listener = listen(self.port).await?;
        let port = listener.local_addr().map_err(Error::Server)?.port();
        let origin = format!("http://127.0.0.1:{port}");
        let base_url = format!("{origin}{}", document.base_path);
        let token_url = format!("{origin}{}", document.token_path);
        let admin_url = format!("{origin}{}", server::ADMIN_PATH);
        let terms = Terms {
            lifetime: self.token_lifetime,
            leeway: self.token_leeway,
            clock: self.clock,
            issuer: origin,
            audience: base_url.clone(),
        };
        let authority = Authority::new(clients, terms)?;
        let names = Names::of(&document);
        let faults = Faults::new(names.all());
        for script in self.faults {
            faults.add(script)?;
        }
        let stop = CancellationToken::new();
        let state = Arc::new(State {
            authority,
            files: self.files,
            workers: Workers::new(),
            faults,
            log: Arc::new(log),
            names,
            clock: self.clock,
            vocabulary: Arc::new(Vocabulary::new(
                document.root.clone(),
                document.error.clone(),
            )),
            body_limit: self.body_limit,
            large_bodies: LargeBodies::new(),
            read_timeout: self.read_timeout,
            stop: stop.clone(),
        });
        let spec = document.at(&base_url, &token_url);
        let router = server::router(document, spec, &state)?;
        let bounds = Bounds {
            connections: self.max_connections,
            read_timeout: self.read_timeout,
        };
        let server = tokio::spawn(connection::serve(listener, router, bounds, stop.clone()));
        Ok(Sandbox {
            base_url,
            token_url,
            admin_url,
            port,
            state,
            stop: stop.drop_guard(),
            server,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("port", &self.port)
            .field("token_lifetime", &self.token_lifetime)
            .field("token_leeway", &self.token_leeway)
            .field("clock", &self.clock)
            .field("body_limit", &self.body_limit)
            .field("max_connections", &self.max_connections)
            .field("read_timeout", &self.read_timeout)
            .field("files", &self.files)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// The clients that were set, or one that nobody can guess.
fn clients(given: Vec<Credentials>) -> Result<Vec<Credentials>, Error> {
    let is_empty = |it: &Credentials| it.client_id.is_empty() || it.client_secret.is_empty();
    if given.iter().any(is_empty) {
        return Err(Error::Setting(
            "the client id and the client secret must not be empty",
        ));
    }
    if !given.is_empty() {
        return Ok(given);
    }
    // The service's ids are UUIDs, its secrets 32 hexadecimal digits.
    Ok(vec![Credentials {
        client_id: random::uuid(),
        client_secret: random::hex(&random::bytes::<16>()?),
    }])
}

async fn listen(port: u16) -> Result<TcpListener, Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => Error::PortInUse { port, source },
            _ => Error::Listen { port, source },
        })
}
