//! The builder: the settings of a sandbox, and the code that starts it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::auth::{Credentials, TokenIssuer, TokenSettings};
use crate::clock::Clock;
use crate::contract::{Document, OperationNames};
use crate::fault::{Faults, Script};
use crate::http::body::LargeBodies;
use crate::http::connection::{self, Bounds};
use crate::http::cors;
use crate::http::guard::AllowedHosts;
use crate::http::tls::Tls;
use crate::http::xml::Vocabulary;
use crate::journal::{Log, Redactor};
use crate::randomness::Randomness;
use crate::sandbox::{Endpoints, Sandbox};
use crate::state::State;
use crate::url_files::{UrlFile, UrlFiles};
use crate::workers::Workers;
use crate::{Error, admin, router};

/// The default lifetime of a token. That of the service is unknown.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
/// The default limit of a request body: more than twice the largest field of the document.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// The default maximum number of connections.
const MAX_CONNECTIONS: usize = 1024;
/// The default time that a client has to send the headers of a request, and then its body.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an image is searched for barcodes. Including the step that is in progress at its end,
/// a client that waits for ten seconds gets its response, even from an unoptimized build.
const RECOGNITION_TIME: Duration = Duration::from_secs(5);
/// The maximum offset of the clock. Dates too far from now cannot be formatted.
const LARGEST_SKEW: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// Settings for a [`Sandbox`]; each has a default.
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    address: IpAddr,
    port: u16,
    public_url: Option<String>,
    seed: Option<u64>,
    credentials: Vec<Credentials>,
    token_lifetime: Duration,
    token_leeway: Duration,
    clock: Clock,
    body_limit: usize,
    max_connections: usize,
    read_timeout: Duration,
    pub(crate) recognition_time: Duration,
    allowed_hosts: Vec<String>,
    tls: bool,
    cors_origins: Vec<String>,
    strict: bool,
    files: UrlFiles,
    faults: Vec<Script>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            public_url: None,
            seed: None,
            credentials: Vec::new(),
            token_lifetime: TOKEN_LIFETIME,
            token_leeway: Duration::ZERO,
            clock: Clock::default(),
            body_limit: BODY_LIMIT,
            max_connections: MAX_CONNECTIONS,
            read_timeout: READ_TIMEOUT,
            recognition_time: RECOGNITION_TIME,
            allowed_hosts: Vec::new(),
            tls: false,
            cors_origins: Vec::new(),
            strict: false,
            files: UrlFiles::default(),
            faults: Vec::new(),
        }
    }
}

impl Builder {
    /// The port to listen on. The default is 0, which selects any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The IP address of this machine to listen on; 127.0.0.1 by default.
    ///
    /// Anyone who can reach the address can use the sandbox and see its credentials and its request
    /// log. Choose another address only if no stranger can reach it, such as within a container.
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// The URL under which clients reach the sandbox, such as `https://sandbox.example.com`, if it
    /// is not the address that the sandbox listens on. It has no path.
    ///
    /// The URLs of the handle, the issuer of tokens, the discovery document and the OpenAPI
    /// document begin with it. Its host name is [allowed](Self::allow_host).
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Derives the credentials, the keys and the ids of requests and tokens from `seed`, so that
    /// they are the same at each start. By default, they are random.
    ///
    /// Anyone who knows the seed knows the credentials. The ids repeat only if the requests arrive
    /// in the same order. Tokens differ, because they contain the time, but a restarted sandbox
    /// accepts those of an earlier one.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Accepts a client id and secret. Call it again to accept another client. By default, a random
    /// pair is generated at each start, or one that is derived from the [seed](Self::seed).
    pub fn credentials(
        mut self,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        self.credentials
            .push(Credentials { client_id: client_id.into(), client_secret: client_secret.into() });
        self
    }

    /// How long an access token is valid, in whole seconds; an hour by default. With zero, tokens
    /// have expired by the time they are used.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// How long a token is still accepted after it has expired, in whole seconds; zero by default.
    pub fn token_leeway(mut self, leeway: Duration) -> Self {
        self.token_leeway = leeway;
        self
    }

    /// Sets the sandbox's clock ahead of the machine's. It affects the times in tokens and errors
    /// and the `Date` header of responses, but not how long a token is accepted.
    pub fn clock_ahead(mut self, by: Duration) -> Self {
        self.clock.ahead = by;
        self
    }

    /// Sets the sandbox's clock behind the machine's; see [`clock_ahead`](Self::clock_ahead).
    pub fn clock_behind(mut self, by: Duration) -> Self {
        self.clock.behind = by;
        self
    }

    /// The maximum size of a request body, in bytes; 64 MiB by default.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The maximum number of connections; 1024 by default. Further connections are closed
    /// immediately.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// How long the headers of a request may take to arrive, and then its body; a minute each by
    /// default. It is also how long a connection may be idle between requests.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Allows a host name, such as `sandbox.example.com`, for the page and the admin calls. Call it
    /// again to allow another name.
    ///
    /// By default, they accept only requests that were sent to an IP address, `localhost`, a name
    /// without a dot such as that of a container, or a name that ends in `.internal`. Any other
    /// name may belong to a stranger who made it resolve to this machine (DNS rebinding). The
    /// operations and the token endpoint accept any host name, because they require credentials.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Whether to use TLS; `false` by default. The certificate is issued by a CA that is generated
    /// at each start, and [`Sandbox::ca_certificate`] returns the CA's certificate, for clients to
    /// trust.
    ///
    /// The certificate is valid for `localhost`, the loopback addresses, `host.docker.internal`,
    /// the [address](Self::address), the [allowed hosts](Self::allow_host) and the host of the
    /// [public URL](Self::public_url). With a [seed](Self::seed), the key of the CA is the same at
    /// each start, so that a client may keep an earlier certificate.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Lets web pages of this origin, such as `http://localhost:3000`, call the operations and the
    /// token endpoint (CORS); `*` allows all origins. Call it again to allow another origin. By
    /// default, browsers let no page of another origin read the responses.
    ///
    /// The page and the admin calls are never available to other origins.
    pub fn cors_origin(mut self, origin: impl Into<String>) -> Self {
        self.cors_origins.push(origin.into());
        self
    }

    /// Whether to reject requests that the service accepts although its document or a standard
    /// forbids them; `false` by default. They are:
    ///
    /// - Colors in single quotes, such as `'Black'`, which the vendor's Node client sends.
    /// - Data that Code 39 cannot encode in full. The service drops such characters; the sandbox
    ///   does the same and adds a [`warning`](crate::LoggedRequest::warning) to the request log.
    /// - Token requests as `multipart/form-data`, which the vendor's Dart client sends.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Adds a script of faults that is active from the start; see [`Sandbox::inject`].
    pub fn faults(mut self, script: impl Into<Script>) -> Self {
        self.faults.push(script.into());
        self
    }

    /// Maps a URL to an image, for requests with `fileUrl`. The sandbox never opens a URL: `url` is
    /// only a name that is compared exactly, and every other URL is rejected.
    pub fn url_file(self, url: impl Into<String>, file: impl Into<UrlFile>) -> Self {
        self.files.insert(url.into(), file.into());
        self
    }

    /// Starts the sandbox on the Tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// - [`Error::PortInUse`] if another program listens on the port.
    /// - [`Error::Listen`] if the address cannot be listened on for another reason.
    /// - [`Error::Setting`] if a client id or secret is empty, the clock is more than ten years
    ///   off, an allowed host is not a host name, or the public URL or an origin is invalid.
    /// - [`Error::Certificate`] if no certificate could be generated.
    /// - [`Error::Fault`] or [`Error::Matcher`] if a script of faults is invalid.
    pub async fn start(mut self) -> Result<Sandbox, Error> {
        if self.clock.ahead.max(self.clock.behind) > LARGEST_SKEW {
            return Err(Error::Setting("the clock must be at most ten years ahead or behind"));
        }
        let randomness = Arc::new(Randomness::new(self.seed));
        let clients = clients(std::mem::take(&mut self.credentials), &randomness)?;
        let public_origin = self.public_url.take().map(|url| public_origin(&url)).transpose()?;
        let document = Document::embedded()?;
        let listener = listen(SocketAddr::from((self.address, self.port))).await?;
        let at = listener.local_addr().map_err(Error::Server)?;
        let scheme = if self.tls { "https" } else { "http" };
        let origin = match public_origin {
            Some((origin, name)) => {
                self.allowed_hosts.extend(name);
                origin
            }
            None => Endpoints::origin(scheme, at),
        };
        let endpoints = Endpoints::new(origin, &document);
        let tls = match self.tls {
            true => Some(Tls::generate(self.certified_hosts(), &randomness)?),
            false => None,
        };
        let cors = cors::layer(&self.cors_origins)?;
        let bounds = Bounds { connections: self.max_connections, read_timeout: self.read_timeout };
        let state = Arc::new(self.state(clients, randomness, &document, &endpoints)?);
        let stop = state.stop.clone();
        let spec = document.with_urls(&endpoints.base_url, &endpoints.token_url);
        let router = router::router(document, spec, cors, &state)?;
        let (acceptor, ca_certificate) = tls.map(|tls| (tls.acceptor, tls.ca_certificate)).unzip();
        let server = connection::serve(listener, acceptor, router, bounds, stop.clone());
        Ok(Sandbox {
            endpoints,
            port: at.port(),
            ca_certificate,
            state,
            stop: stop.drop_guard(),
            server: tokio::spawn(server),
        })
    }

    /// The hosts that the certificate is valid for.
    fn certified_hosts(&self) -> Vec<String> {
        let local = ["localhost", "127.0.0.1", "::1", "host.docker.internal"].map(str::to_owned);
        let allowed = self.allowed_hosts.iter().map(|name| name.trim_end_matches('.').to_owned());
        local.into_iter().chain([self.address.to_string()]).chain(allowed).collect()
    }

    fn state(
        self,
        clients: Vec<Credentials>,
        randomness: Arc<Randomness>,
        document: &Document,
        endpoints: &Endpoints,
    ) -> Result<State, Error> {
        let secrets = clients.iter().map(|client| client.client_secret.clone());
        let log = Log::new(Redactor::new(secrets));
        let settings = TokenSettings {
            lifetime: self.token_lifetime,
            leeway: self.token_leeway,
            clock: self.clock,
            issuer: endpoints.origin.clone(),
            audience: endpoints.base_url.clone(),
            randomness: Arc::clone(&randomness),
        };
        let allowed_hosts = AllowedHosts::new(&self.allowed_hosts)?;
        let names = Arc::new(OperationNames::of(document));
        let faults = Faults::new(Arc::clone(&names), self.faults)?;
        let vocabulary = Vocabulary::new(document.root.clone(), document.error.clone());
        Ok(State {
            token_issuer: TokenIssuer::new(clients, settings)?,
            files: self.files.started(),
            allowed_hosts: Arc::new(allowed_hosts),
            workers: Workers::new(),
            faults,
            log: Arc::new(log),
            names,
            clock: self.clock,
            randomness,
            vocabulary: Arc::new(vocabulary),
            strict: self.strict,
            body_limit: self.body_limit,
            large_bodies: LargeBodies::new(),
            event_streams: Arc::new(Semaphore::new(admin::MAX_EVENT_STREAMS)),
            read_timeout: self.read_timeout,
            recognition_time: self.recognition_time,
            stop: CancellationToken::new(),
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("public_url", &self.public_url)
            .field("token_lifetime", &self.token_lifetime)
            .field("token_leeway", &self.token_leeway)
            .field("clock", &self.clock)
            .field("body_limit", &self.body_limit)
            .field("max_connections", &self.max_connections)
            .field("read_timeout", &self.read_timeout)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("tls", &self.tls)
            .field("cors_origins", &self.cors_origins)
            .field("strict", &self.strict)
            .field("files", &self.files)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// Validates the given credentials. If the list is empty, generates a pair.
fn clients(given: Vec<Credentials>, randomness: &Randomness) -> Result<Vec<Credentials>, Error> {
    let is_empty =
        |client: &Credentials| client.client_id.is_empty() || client.client_secret.is_empty();
    if given.iter().any(is_empty) {
        return Err(Error::Setting("the client id and the client secret must not be empty"));
    }
    if !given.is_empty() {
        return Ok(given);
    }
    // As with the service, the id is a UUID and the secret has 32 hexadecimal digits.
    Ok(vec![Credentials {
        client_id: randomness.uuid().to_string(),
        client_secret: randomness.uuid().simple().to_string(),
    }])
}

/// Returns the origin of a public URL, and its host unless that is an IP address.
fn public_origin(url: &str) -> Result<(String, Option<String>), Error> {
    let parsed = Url::parse(url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let origin = parsed.as_ref().map(|url| url.origin().ascii_serialization());
    match (parsed, origin) {
        // Anything after the origin, such as a user name or a path, makes the URL longer.
        (Some(url), Some(origin)) if url.as_str() == format!("{origin}/") => {
            Ok((origin, url.domain().map(str::to_owned)))
        }
        _ => Err(Error::Setting("the public URL must be an http or https URL without a path")),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { address, source },
        _ => Error::Listen { address, source },
    })
}
