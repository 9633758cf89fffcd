//! The settings of [`Redis`].

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use redis::cluster::ClusterClientBuilder;
use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisResult, TlsCertificates,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::connection::{Inner, Redis};
use crate::error::Error;
use crate::health::Health;
use crate::server::Server;

/// Builds a [`Redis`]. Start with [`Redis::single`], [`Redis::cluster`] or [`Redis::sentinel`].
#[must_use]
pub struct RedisBuilder {
    kind: Kind,
    urls: Vec<SecretString>,
    credentials: Option<(Option<String>, SecretString)>,
    root_certificates: Option<Vec<u8>>,
    namespace: String,
    connect_timeout: Duration,
    response_timeout: Duration,
}

#[derive(Debug)]
enum Kind {
    Single,
    Cluster,
    Sentinel { name: String },
}

impl RedisBuilder {
    pub(crate) fn single(url: String) -> Self {
        Self::new(Kind::Single, vec![url])
    }

    pub(crate) fn cluster(urls: Vec<String>) -> Self {
        Self::new(Kind::Cluster, urls)
    }

    pub(crate) fn sentinel(name: String, urls: Vec<String>) -> Self {
        Self::new(Kind::Sentinel { name }, urls)
    }

    fn new(kind: Kind, urls: Vec<String>) -> Self {
        Self {
            kind,
            urls: urls.into_iter().map(SecretString::from).collect(),
            credentials: None,
            root_certificates: None,
            namespace: "barcode-cloud".to_owned(),
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_millis(500),
        }
    }

    /// Sets the password, and the user name if there is one. They override those in the URLs.
    ///
    /// With Sentinel, these are the credentials of the primary, and those of the sentinels are
    /// taken from the first URL.
    pub fn credentials(
        mut self,
        username: Option<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        self.credentials = Some((username, password.into()));
        self
    }

    /// Sets the root certificates for TLS, in PEM format, instead of those of the system.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Sets the first part of all keys, `barcode-cloud` by default. Fleets with different
    /// namespaces share nothing.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sets the time limit for opening a connection, 2 s by default.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the time limit for a response, 500 ms by default. A call waits this long at most for a
    /// Redis that stopped responding.
    pub fn response_timeout(mut self, limit: Duration) -> Self {
        self.response_timeout = limit;
        self
    }

    /// Checks the settings. No connection is opened yet.
    ///
    /// With TLS, aws-lc-rs becomes the cryptography provider of rustls for the whole process,
    /// unless the program has installed another one before.
    ///
    /// # Errors
    ///
    /// An [`Error`] that names the invalid setting.
    pub fn build(self) -> Result<Redis, Error> {
        for (name, value) in
            [("connect_timeout", self.connect_timeout), ("response_timeout", self.response_timeout)]
        {
            if value.is_zero() {
                return Err(Error::ZeroDuration { name, value });
            }
        }
        if self.namespace.is_empty() || self.namespace.contains(['{', '}']) {
            return Err(Error::Namespace);
        }
        let server = self.server()?;
        Ok(Redis::new(Inner {
            server,
            namespace: self.namespace,
            connect_timeout: self.connect_timeout,
            response_timeout: self.response_timeout,
            connection: tokio::sync::Mutex::default(),
            health: Mutex::new(Health::default()),
            failures: AtomicU64::new(0),
        }))
    }

    fn server(&self) -> Result<Server, Error> {
        let mut nodes = Vec::with_capacity(self.urls.len());
        for (index, url) in self.urls.iter().enumerate() {
            let node = url.expose_secret().into_connection_info();
            nodes.push(node.map_err(|source| Error::Url { number: index + 1, source })?);
        }
        let first = nodes.first().cloned().ok_or(Error::NoUrl)?;
        if matches!(first.addr(), ConnectionAddr::TcpTls { .. }) {
            install_cryptography();
        }
        let server = match &self.kind {
            Kind::Single => self.single_server(first),
            Kind::Cluster => self.cluster_server(nodes),
            Kind::Sentinel { name } => self.sentinel_server(name, &first, &nodes),
        };
        server.map_err(Error::Settings)
    }

    fn single_server(&self, mut node: ConnectionInfo) -> RedisResult<Server> {
        if let Some((username, password)) = &self.credentials {
            let mut settings = node.redis_settings().clone().set_password(password.expose_secret());
            if let Some(username) = username {
                settings = settings.set_username(username);
            }
            node = node.set_redis_settings(settings);
        }
        let client = match self.certificates() {
            Some(certificates) => Client::build_with_tls(node, certificates),
            None => Client::open(node),
        };
        client.map(|client| Server::Single(Box::new(client)))
    }

    fn cluster_server(&self, nodes: Vec<ConnectionInfo>) -> RedisResult<Server> {
        let mut builder = ClusterClientBuilder::new(nodes).connection_timeout(self.connect_timeout);
        if let Some((username, password)) = &self.credentials {
            builder = builder.password(password.expose_secret());
            if let Some(username) = username {
                builder = builder.username(username);
            }
        }
        if let Some(certificates) = self.certificates() {
            builder = builder.certs(certificates);
        }
        builder.build().map(|client| Server::Cluster(Box::new(client)))
    }

    fn sentinel_server(
        &self,
        name: &str,
        first: &ConnectionInfo,
        nodes: &[ConnectionInfo],
    ) -> RedisResult<Server> {
        let addresses = nodes.iter().map(|node| node.addr().clone());
        let mut builder = SentinelClientBuilder::new(addresses, name, SentinelServerType::Master)?;
        let sentinel = first.redis_settings();
        if let Some(username) = sentinel.username() {
            builder = builder.set_client_to_sentinel_username(username);
        }
        if let Some(password) = sentinel.password() {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let Some((username, password)) = &self.credentials {
            builder = builder.set_client_to_redis_password(password.expose_secret());
            if let Some(username) = username {
                builder = builder.set_client_to_redis_username(username);
            }
        }
        if matches!(first.addr(), ConnectionAddr::TcpTls { .. }) {
            builder = builder.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
        builder.build().map(|client| Server::Sentinel(Box::new(client.into())))
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let root_cert = self.root_certificates.clone()?;
        Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
    }
}

/// The `redis` crate panics if rustls cannot determine which provider to use.
fn install_cryptography() {
    // It fails only if there is a provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

impl fmt::Debug for RedisBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBuilder")
            .field("kind", &self.kind)
            .field("namespace", &self.namespace)
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .finish_non_exhaustive()
    }
}
