//! Sends a token request over HTTP: the form and the limits. `client_auth` authenticates the
//! client, and `response` parses the response.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{ClientBuilder, Response};
use secrecy::zeroize::Zeroizing;
use tracing::Span;
use url::form_urlencoded::Serializer;
use url::{Position, Url};

use crate::builder::AuthStyle;
use crate::client_auth::ClientAuth;
use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::parameters;
use crate::request_id::request_id;
use crate::response::{MAX_BODY, TokenResponse, invalid_response, parse};
use crate::retry_after::retry_after;
use crate::token_endpoint::{IssuedToken, TokenEndpoint, TokenFuture, TokenRequest};

/// The settings of an [`HttpEndpoint`].
pub(crate) struct HttpSettings {
    pub(crate) client: ClientBuilder,
    pub(crate) auth_style: AuthStyle,
    pub(crate) scope: Option<String>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) connect_timeout: Duration,
}

#[cfg(feature = "token-store")]
impl HttpSettings {
    /// Returns the settings that determine which token an endpoint issues to a client.
    pub(crate) fn identity(&self) -> Vec<String> {
        let scope = self.scope.clone().unwrap_or_default();
        let parameters = self.parameters.iter().flat_map(|(name, value)| [name, value]);
        std::iter::once(scope).chain(parameters.cloned()).collect()
    }
}

/// The built-in token endpoint.
pub(crate) struct HttpEndpoint {
    client: reqwest::Client,
    url: Url,
    /// The URL without its query, for error messages.
    address: String,
    auth_style: AuthStyle,
    scope: Option<String>,
    parameters: Vec<(String, String)>,
}

impl HttpEndpoint {
    pub(crate) fn new(settings: HttpSettings, url: Url) -> Result<Self, Error> {
        parameters::check(&settings.parameters)?;
        let mut http = settings
            .client
            // A 307 would send the secret to another address.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(settings.connect_timeout)
            // An idle connection stops working with the runtime that opened it, and is of little
            // use for one request per hour.
            .pool_max_idle_per_host(0)
            .http1_only()
            // Verbose logs would contain the form.
            .connection_verbose(false);
        if url.scheme() == "http" {
            // A request that is not encrypted must not leave this machine through a proxy.
            http = http.no_proxy();
        }
        let client = http.build().map_err(|source| {
            let message = "the HTTP client cannot be built: check its TLS and proxy settings";
            Error::permanent(ErrorKind::Configuration, message).source(source).build()
        })?;
        let mut bare = url.clone();
        bare.set_query(None);
        Ok(Self {
            client,
            url,
            address: bare.into(),
            auth_style: settings.auth_style,
            scope: settings.scope,
            parameters: settings.parameters,
        })
    }

    fn request(&self, auth: &ClientAuth) -> reqwest::RequestBuilder {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        form.extend_pairs(&self.parameters);
        for (name, value) in &auth.form {
            form.append_pair(name, value);
        }
        let mut request = self.client.post(self.url.clone());
        if let Some(header) = &auth.header {
            request = request.header(AUTHORIZATION, header);
        }
        request
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish())
    }

    async fn exchange(&self, credentials: &ClientCredentials) -> Result<IssuedToken, Error> {
        let auth = ClientAuth::new(credentials, self.auth_style, self.url.as_str())?;
        let response = self.request(&auth).send().await.map_err(|source| self.broken(source))?;
        let status = i64::from(response.status().as_u16());
        Span::current().record("http.response.status_code", status);
        let headers = response.headers().clone();
        let secrets: Vec<_> = auth.secrets.iter().map(|text| text.as_str()).collect();
        let mut parts = TokenResponse {
            status: response.status(),
            retry_after: retry_after(&headers, SystemTime::now()),
            request_id: request_id(&headers, &secrets),
            body: &[],
            endpoint: &self.address,
            secrets: &secrets,
        };
        let body = self.body(response, &parts).await?;
        parts.body = &body;
        let mut token = parse(&parts)?;
        // Without a scope in the response, the granted scope is the requested one.
        token.scope = token.scope.or_else(|| self.scope.clone());
        Ok(token)
    }

    async fn body(
        &self,
        mut response: Response,
        parts: &TokenResponse<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|source| self.broken(source))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(invalid_response(parts, "it is longer than 64 KiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, source: reqwest::Error) -> Error {
        let (kind, problem) = match source.is_timeout() {
            true => (ErrorKind::Timeout, "did not respond in time"),
            false => (ErrorKind::Transport, "cannot be reached"),
        };
        let message = format!("{} {problem}: check the URL, the network and TLS", self.address);
        Error::retryable(kind, message).source(source.without_url()).build()
    }
}

impl TokenEndpoint for HttpEndpoint {
    fn fetch<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let credentials = request.credentials().ok_or_else(no_credentials)?;
            Ok(self.exchange(credentials).await?)
        })
    }

    /// Host, port and path. The URL has no user info.
    fn name(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPath]
    }
}

impl fmt::Debug for HttpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpEndpoint").field(&self.name()).finish()
    }
}

fn no_credentials() -> Error {
    let message =
        "the token request has no credentials: set them with TokenSourceBuilder::credentials";
    Error::permanent(ErrorKind::Configuration, message).build()
}
