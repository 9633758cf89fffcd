//! The token endpoint and the validation of bearer tokens: OAuth 2.0 client credentials (RFC 6749,
//! section 4.4) with signed JWTs, similar to RFC 9068.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::Keys;
use super::revocation::Revocation;
use crate::Error;
use crate::clock::Clock;
use crate::http::{Failure, query};
use crate::randomness::Randomness;

/// The path of the public key. It is that of IdentityServer, whose token endpoint path the service
/// uses.
pub(crate) const JWKS_PATH: &str = "/.well-known/openid-configuration/jwks";

/// The number of failures of one id and secret after which further attempts get 429.
const ALLOWED_FAILURES: u32 = 5;
/// How long they get 429. The service sends this value in `Retry-After`.
const LOCKOUT: Duration = Duration::from_secs(600);
/// The maximum number of failing pairs that are stored, so that many of them cannot exhaust the
/// memory.
const REMEMBERED_PAIRS: usize = 1024;

/// The maximum number of clients that are added while the sandbox runs, and the maximum length of
/// the id and the secret of each, in bytes.
const MAX_ADDED_CLIENTS: usize = 100;
const LONGEST_CREDENTIAL: usize = 1024;

/// The id and the secret of a client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// The contents and the validity of tokens.
pub(crate) struct TokenSettings {
    pub(crate) lifetime: Duration,
    /// How long a token is accepted after it has expired.
    pub(crate) leeway: Duration,
    pub(crate) clock: Clock,
    /// The origin of the sandbox, such as `http://127.0.0.1:PORT`.
    pub(crate) issuer: String,
    /// The base URL of the API.
    pub(crate) audience: String,
    pub(crate) randomness: Arc<Randomness>,
}

/// Issues, validates and revokes tokens.
pub(crate) struct TokenIssuer {
    /// At least one client.
    clients: Vec<Credentials>,
    /// The clients that were added while the sandbox runs.
    added: RwLock<Vec<Credentials>>,
    settings: TokenSettings,
    keys: Keys,
    revocation: Revocation,
    failures: Mutex<HashMap<(String, String), FailureCount>>,
}

struct FailureCount {
    count: u32,
    last: Instant,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    client_id: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Why no token was issued: the codes of RFC 6749, section 5.2, and the service's rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenError {
    InvalidRequest,
    InvalidClient,
    UnsupportedGrantType,
    TooManyFailures,
    /// The token could not be signed.
    Internal,
}

impl TokenIssuer {
    pub(crate) fn new(clients: Vec<Credentials>, settings: TokenSettings) -> Result<Self, Error> {
        Ok(Self {
            clients,
            added: RwLock::default(),
            keys: Keys::new(&settings.randomness)?,
            settings,
            revocation: Revocation::default(),
            failures: Mutex::default(),
        })
    }

    pub(crate) fn clients(&self) -> &[Credentials] {
        &self.clients
    }

    /// The OpenID Connect Discovery document, for a token endpoint at `token_path`.
    pub(crate) fn configuration(&self, token_path: &str) -> Value {
        let issuer = &self.settings.issuer;
        json!({
            "issuer": issuer,
            "token_endpoint": format!("{issuer}{token_path}"),
            "jwks_uri": format!("{issuer}{JWKS_PATH}"),
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        })
    }

    /// The public key of tokens, as a JWK set.
    pub(crate) fn public_keys(&self) -> Value {
        self.keys.public()
    }

    /// Handles a request to the token endpoint. `fields` are those of its form, or `None` if the
    /// body is not a form.
    pub(crate) fn respond(
        &self,
        method: &Method,
        headers: &HeaderMap,
        fields: Option<Vec<(String, String)>>,
    ) -> Response {
        let granted = match (method, fields) {
            (&Method::POST, Some(fields)) => self.grant(headers, &Form(fields)),
            _ => Err(TokenError::InvalidRequest),
        };
        match granted {
            Ok(token) => {
                let body = json!({
                    "access_token": token,
                    "expires_in": self.settings.lifetime.as_secs(),
                    "token_type": "Bearer",
                });
                ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
            }
            Err(error) => error.into_response(),
        }
    }

    fn grant(&self, headers: &HeaderMap, form: &Form) -> Result<String, TokenError> {
        let grant_type = form.get("grant_type")?.ok_or(TokenError::InvalidRequest)?;
        let (id, secret) = form.credentials(headers)?;
        if grant_type != "client_credentials" {
            return Err(TokenError::UnsupportedGrantType);
        }
        if !self.is_known(&id, &secret) {
            return Err(self.count_failure(id, secret));
        }
        self.issue(id).map_err(|_| TokenError::Internal)
    }

    /// Accepts another client. If that is not possible, returns why.
    pub(crate) fn add_client(&self, client: Credentials) -> Result<(), &'static str> {
        let Credentials { client_id, client_secret } = &client;
        if client_id.is_empty() || client_secret.is_empty() {
            return Err("the client id and the client secret must not be empty");
        }
        if client_id.len().max(client_secret.len()) > LONGEST_CREDENTIAL {
            return Err("the client id and the client secret must have at most 1024 bytes");
        }
        let mut added = self.added.write().unwrap_or_else(PoisonError::into_inner);
        if added.len() >= MAX_ADDED_CLIENTS {
            return Err("100 clients were added already; a reset removes them");
        }
        added.push(client);
        Ok(())
    }

    /// Whether `accept` returns true for a client. It is called for every client, so that the time
    /// does not depend on which one it is.
    fn any_client(&self, accept: impl Fn(&Credentials) -> bool) -> bool {
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        let clients = self.clients.iter().chain(added.iter());
        clients.fold(false, |known, client| known | accept(client))
    }

    /// Always compares the id and the secret of every client, each in constant time.
    fn is_known(&self, id: &str, secret: &str) -> bool {
        let same = |given: &str, known: &str| {
            verify_slices_are_equal(given.as_bytes(), known.as_bytes()).is_ok()
        };
        self.any_client(|client| same(id, &client.client_id) & same(secret, &client.client_secret))
    }

    fn count_failure(&self, id: String, secret: String) -> TokenError {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, count| count.last.elapsed() < LOCKOUT);
        if failures.len() >= REMEMBERED_PAIRS {
            failures.clear();
        }
        let entry =
            failures.entry((id, secret)).or_insert(FailureCount { count: 0, last: Instant::now() });
        entry.count += 1;
        entry.last = Instant::now();
        if entry.count > ALLOWED_FAILURES {
            TokenError::TooManyFailures
        } else {
            TokenError::InvalidClient
        }
    }

    fn issue(&self, client_id: String) -> Result<String, Error> {
        let now = self.settings.clock.timestamp();
        self.keys.sign(&Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            client_id,
            jti: self.revocation.new_id(&self.settings.randomness.uuid().simple().to_string()),
            iat: now,
            nbf: now,
            exp: now.saturating_add(seconds(self.settings.lifetime)),
        })
    }

    /// Returns an error unless the request has a valid token of this issuer.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Err(Failure::unauthorized("The request has no access token.", "Bearer"));
        };
        let token = value.to_str().ok().and_then(|value| scheme(value, "Bearer"));
        let Some(token) = token else {
            return Err(Failure::unauthorized(
                "The Authorization header does not have the form 'Bearer <token>'.",
                r#"Bearer error="invalid_request""#,
            ));
        };
        let invalid = || {
            Failure::unauthorized(
                "The access token is not valid.",
                r#"Bearer error="invalid_token", error_description="The access token is not valid""#,
            )
        };
        let claims = self.claims(token).ok_or_else(invalid)?;
        let now = self.settings.clock.timestamp();
        if now >= claims.exp.saturating_add(seconds(self.settings.leeway)) {
            return Err(Failure::expired());
        }
        if self.revocation.is_revoked(&claims.client_id, &claims.jti) {
            return Err(invalid());
        }
        Ok(())
    }

    /// The claims of a token of this issuer, which may be expired or revoked.
    fn claims(&self, token: &str) -> Option<Claims> {
        let TokenSettings { issuer, audience, .. } = &self.settings;
        self.keys.verify(token, issuer, audience)
    }

    /// Makes revoked tokens valid again, removes the clients that were added, and forgets the
    /// failures of clients.
    pub(crate) fn reset(&self) {
        self.added.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.revocation.reset();
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Revokes tokens. `Err` says why that is not possible.
    pub(crate) fn revoke(&self, which: Revoke<'_>) -> Result<(), &'static str> {
        match which {
            Revoke::All => self.revocation.revoke_all(),
            Revoke::Client(id) if self.any_client(|client| client.client_id == id) => {
                self.revocation.revoke_client(id);
            }
            Revoke::Client(_) => return Err("the client does not exist"),
            Revoke::Token(token) => {
                let claims = self.claims(token).ok_or("this sandbox did not issue the token")?;
                let end = claims.exp.saturating_add(seconds(self.settings.leeway));
                self.revocation
                    .revoke(&claims.jti, end, self.settings.clock.timestamp())
                    .map_err(|_| "too many tokens are revoked individually; revoke all of them")?;
            }
        }
        Ok(())
    }
}

/// Which tokens to revoke.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Revoke<'a> {
    All,
    /// All tokens of the client with this id.
    Client(&'a str),
    Token(&'a str),
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::InvalidClient => (StatusCode::BAD_REQUEST, "invalid_client"),
            Self::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            // The codes that the service uses for these two are unknown.
            Self::TooManyFailures => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        if self == Self::TooManyFailures {
            response.headers_mut().insert(RETRY_AFTER, LOCKOUT.as_secs().into());
        }
        response
    }
}

/// The fields of a token request.
struct Form(Vec<(String, String)>);

impl Form {
    /// Returns the value of a field. A duplicate field makes the whole request invalid (RFC 6749,
    /// section 3.2).
    fn get(&self, name: &str) -> Result<Option<&str>, TokenError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(String::as_str).filter(|value| !value.is_empty())),
            _ => Err(TokenError::InvalidRequest),
        }
    }

    /// The id and the secret from the form or from a Basic header, but not from both (section 2.3).
    fn credentials(&self, headers: &HeaderMap) -> Result<(String, String), TokenError> {
        let form = (self.get("client_id")?, self.get("client_secret")?);
        match (headers.get(AUTHORIZATION), form) {
            (None, (Some(id), Some(secret))) => Ok((id.to_owned(), secret.to_owned())),
            (Some(value), (_, None)) => value
                .to_str()
                .ok()
                .and_then(|value| scheme(value, "Basic"))
                .and_then(basic)
                .ok_or(TokenError::InvalidClient),
            _ => Err(TokenError::InvalidRequest),
        }
    }
}

/// The id and the secret of a Basic header. Each is form-urlencoded (RFC 6749, section 2.3.1).
fn basic(encoded: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((query::decode(id)?, query::decode(secret)?))
}

/// Returns the credentials of an `Authorization` header with this scheme:
/// `scheme("Bearer abc", "Bearer")` is `abc`. The case of the scheme is ignored (RFC 9110, section
/// 11.1).
fn scheme<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    (scheme.eq_ignore_ascii_case(name) && !rest.is_empty()).then_some(rest)
}
