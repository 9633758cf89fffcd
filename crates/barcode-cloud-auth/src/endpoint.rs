//! Sends a token request over HTTP: the form and the limits. `client_auth` authenticates the client,
//! and `response` parses the response.

use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{ClientBuilder, Response};
use secrecy::zeroize::Zeroizing;
use tracing::field::Empty;
use tracing::{Span, info_span, span};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::builder::AuthStyle;
use crate::client_auth::ClientAuth;
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
    parameters: Vec<(String, String)>,
}

impl HttpEndpoint {
    pub(crate) fn new(
        http: ClientBuilder,
        url: Url,
        style: AuthStyle,
        scope: Option<String>,
        parameters: Vec<(String, String)>,
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
            parameters,
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

    async fn exchange(&self, credentials: &ClientCredentials) -> Result<NewToken, Error> {
        let auth = ClientAuth::new(credentials, self.style);
        let response = self
            .request(&auth)
            .send()
            .await
            .map_err(|source| self.broken(source))?;
        let status = response.status();
        Span::current().record("http.response.status_code", status.as_u16());
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let body = self.body(response).await?;
        let secrets: Vec<_> = auth.secrets.iter().map(|text| text.as_str()).collect();
        parse(&TokenResponse {
            status,
            retry_after,
            body: &body,
            endpoint: &self.name,
            secrets: &secrets,
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
