//! Cross-origin resource sharing: which web pages may call the operations and the token endpoint.

use std::time::Duration;

use http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, Uri};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::response::REQUEST_ID;
use crate::Error;

/// The headers that a page may read in addition to those that every page may read.
const EXPOSED: [HeaderName; 3] = [REQUEST_ID, RETRY_AFTER, WWW_AUTHENTICATE];
/// How long a browser may cache the response to a preflight request.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Returns the layer that allows these origins, or all of them if one is `*`.
pub(crate) fn layer(origins: &[String]) -> Result<Option<CorsLayer>, Error> {
    if origins.is_empty() {
        return Ok(None);
    }
    let allowed = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::any(),
        false => AllowOrigin::list(
            origins.iter().map(|text| origin(text)).collect::<Result<Vec<_>, _>>()?,
        ),
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE);
    Ok(Some(layer))
}

/// Checks that a text is an origin as browsers send it.
fn origin(text: &str) -> Result<HeaderValue, Error> {
    let uri = text.parse::<Uri>().ok();
    let origin = uri.and_then(|uri| Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?)));
    match HeaderValue::from_str(text) {
        Ok(value) if origin.as_deref() == Some(text) => Ok(value),
        _ => Err(Error::Setting(
            "an origin must be * or have the form http://localhost:3000, without a path",
        )),
    }
}
