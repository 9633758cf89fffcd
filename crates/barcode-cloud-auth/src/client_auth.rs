//! Authenticates the client in a token request, with a header or form parameters, and lists the
//! texts that must not appear in an error.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;
use url::form_urlencoded::byte_serialize;

use crate::builder::AuthStyle;
use crate::credentials::{ClientCredentials, Method};
use crate::error::Error;

/// The client authentication of one token request.
pub(crate) struct ClientAuth {
    /// The value of the `Authorization` header.
    pub(crate) header: Option<HeaderValue>,
    pub(crate) form: Vec<(&'static str, Zeroizing<String>)>,
    /// Texts that the server may quote, and that must not be shown.
    pub(crate) secrets: Vec<Zeroizing<String>>,
}

impl ClientAuth {
    #[cfg_attr(
        not(feature = "private-key-jwt"),
        expect(unused_variables, reason = "only an assertion names the token URL")
    )]
    pub(crate) fn new(
        credentials: &ClientCredentials,
        style: AuthStyle,
        token_url: &str,
    ) -> Result<Self, Error> {
        let id = credentials.id();
        match credentials.method() {
            Method::Secret(secret) => Ok(Self::secret(id, secret.expose_secret(), style)),
            #[cfg(feature = "private-key-jwt")]
            Method::PrivateKey(signer) => Ok(Self::assertion(id, signer.assertion(id, token_url)?)),
            Method::IdOnly => {
                Ok(Self { header: None, form: vec![client_id(id)], secrets: Vec::new() })
            }
        }
    }

    /// RFC 7523 section 2.2.
    #[cfg(feature = "private-key-jwt")]
    fn assertion(id: &str, assertion: Zeroizing<String>) -> Self {
        let jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
        Self {
            header: None,
            form: vec![
                client_id(id),
                ("client_assertion_type", Zeroizing::new(jwt_bearer)),
                ("client_assertion", assertion.clone()),
            ],
            secrets: vec![assertion],
        }
    }

    fn secret(id: &str, secret: &str, style: AuthStyle) -> Self {
        let pair = basic_pair(id, secret);
        let (header, form) = match style {
            AuthStyle::Post => {
                let secret = ("client_secret", Zeroizing::new(secret.to_owned()));
                (None, vec![client_id(id), secret])
            }
            AuthStyle::Basic => (Some(basic(&pair)), Vec::new()),
        };
        let secrets = vec![Zeroizing::new(secret.to_owned()), encode(secret), pair];
        Self { header, form, secrets }
    }
}

fn client_id(id: &str) -> (&'static str, Zeroizing<String>) {
    ("client_id", Zeroizing::new(id.to_owned()))
}

fn basic(pair: &str) -> HeaderValue {
    let text = Zeroizing::new(format!("Basic {pair}"));
    let mut value = HeaderValue::try_from(text.as_str()).expect("base64 fits a header");
    value.set_sensitive(true);
    value
}

/// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined. A space becomes
/// `%20` and not `+`, because some servers decode percent signs only.
fn basic_pair(id: &str, secret: &str) -> Zeroizing<String> {
    let half = |text| Zeroizing::new(encode(text).replace('+', "%20"));
    let pair = Zeroizing::new(format!("{}:{}", *half(id), *half(secret)));
    Zeroizing::new(STANDARD.encode(pair.as_bytes()))
}

fn encode(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}
