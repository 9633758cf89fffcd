//! Sends a token request over HTTP: the form, the client authentication and the limits. `response`
//! parses the response.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{ClientBuilder, Response};
use secrecy::zeroize::Zeroizing;
use tracing::field::Empty;
use tracing::{Span, info_span, span};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::builder::AuthStyle;
use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::response::{MAX_BODY, NewToken, TokenResponse, invalid_response, parse};
use crate::retry_after::retry_after;

/// Sends one token request. Tests replace it by a scripted endpoint.
pub(crate) trait TokenEndpoint: Send + Sync + 'static {
    fn post<'a>(
        &'a self,
        credentials: &'a ClientCredentials,
    ) -> BoxFuture<'a, Result<NewToken, Error>>;

    /// Returns the span for one request. `cause` is the span of the call that started it.
    fn span(&self, cause: Option<span::Id>) -> Span;
}

pub(crate) struct HttpEndpoint {
    client: reqwest::Client,
    url: Url,
    /// The URL without its query, for error messages.
    name: String,
    style: AuthStyle,
    scope: Option<String>,
}

impl HttpEndpoint {
    pub(crate) fn new(
        http: ClientBuilder,
        url: Url,
        style: AuthStyle,
        scope: Option<String>,
        connect_timeout: Duration,
    ) -> Result<Self, Error> {
        let mut http = http
            // A 307 would send the secret to another address.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(connect_timeout)
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
            Error::permanent(ErrorKind::Configuration, message)
                .source(source)
                .build()
        })?;
        let mut bare = url.clone();
        bare.set_query(None);
        Ok(Self {
            client,
            url,
            name: bare.into(),
            style,
            scope,
        })
    }

    fn request(&self, credentials: &ClientCredentials) -> reqwest::RequestBuilder {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        let mut request = self.client.post(self.url.clone());
        match self.style {
            AuthStyle::Post => {
                form.append_pair("client_id", credentials.id());
                form.append_pair("client_secret", credentials.secret());
            }
            AuthStyle::Basic => request = request.header(AUTHORIZATION, basic(credentials)),
        }
        request
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish())
    }

    async fn exchange(&self, credentials: &ClientCredentials) -> Result<NewToken, Error> {
        let response = self
            .request(credentials)
            .send()
            .await
            .map_err(|source| self.broken(source))?;
        let status = response.status();
        Span::current().record("http.response.status_code", status.as_u16());
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let body = self.body(response).await?;
        let (encoded, pair) = (encode(credentials.secret()), basic_pair(credentials));
        let secrets = &[credentials.secret(), encoded.as_str(), pair.as_str()];
        parse(&TokenResponse {
            status,
            retry_after,
            body: &body,
            endpoint: &self.name,
            secrets,
        })
    }

    async fn body(&self, mut response: Response) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|source| self.broken(source))?
        {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(invalid_response(
                    &self.name,
                    response.status(),
                    "it is longer than 64 KiB",
                ));
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
        let message = format!(
            "{} {problem}: check the URL, the network and TLS",
            self.name
        );
        Error::retryable(kind, message)
            .source(source.without_url())
            .build()
    }
}

impl TokenEndpoint for HttpEndpoint {
    fn post<'a>(
        &'a self,
        credentials: &'a ClientCredentials,
    ) -> BoxFuture<'a, Result<NewToken, Error>> {
        Box::pin(self.exchange(credentials))
    }

    /// The fields follow OpenTelemetry's conventions for HTTP clients.
    ///
    /// The span is a root and not a child of the call that caused it, because all callers share the
    /// request, and because it may outlive that call. It is linked to the call by `follows_from`.
    fn span(&self, cause: Option<span::Id>) -> Span {
        let span = info_span!(
            parent: None,
            "barcode_cloud_auth.token_request",
            otel.name = "POST token",
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = "POST",
            http.response.status_code = Empty,
            server.address = self.url.host_str(),
            server.port = self.url.port_or_known_default(),
            error.type = Empty,
        );
        span.follows_from(cause);
        span
    }
}

/// Returns the header of the style `Basic`. The id and the secret are form-encoded before they are
/// joined (RFC 6749 section 2.3.1).
fn basic(credentials: &ClientCredentials) -> HeaderValue {
    let text = Zeroizing::new(format!("Basic {}", *basic_pair(credentials)));
    let mut value = HeaderValue::try_from(text.as_str()).expect("base64 is a valid header value");
    value.set_sensitive(true);
    value
}

fn basic_pair(credentials: &ClientCredentials) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!(
        "{}:{}",
        *encode(credentials.id()),
        *encode(credentials.secret())
    ));
    Zeroizing::new(STANDARD.encode(pair.as_bytes()))
}

fn encode(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}
