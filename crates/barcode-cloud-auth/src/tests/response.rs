//! The parser of the endpoint's responses.

use std::time::Duration;

use proptest::prelude::*;
use reqwest::StatusCode;

use super::script::{millis, secs};
use crate::response::{TokenResponse, parse};
use crate::{Error, ErrorKind, IssuedToken};

const SECRET: &str = "s3cret-canary/+";

fn read(status: u16, body: &str) -> Result<IssuedToken, Error> {
    parse(&TokenResponse {
        status: StatusCode::from_u16(status).unwrap(),
        retry_after: None,
        request_id: Some("r-1"),
        body: body.as_bytes(),
        endpoint: "https://login.example.com/token",
        secrets: &[SECRET],
    })
}

fn lifetime(expires_in: &str) -> Duration {
    let body = format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{expires_in}}}"#);
    read(200, &body).unwrap().lifetime
}

#[test]
fn expires_in_is_read_as_servers_send_it() {
    for (texts, expected) in [
        (r#"3600 "3600" 3600.0 "3600.0" 3.6e3 "\u0033600""#, secs(3_600)),
        ("0.5", millis(500)),
        ("1", secs(1)),
        // Without a number, a token lives for five minutes.
        (r#"null "" "soon" "inf" "NaN" "infinity" true [] {} [3600]"#, secs(300)),
        (r#""3600s" "0x10" "1_000" "--1""#, secs(300)),
        // A token that has already expired is not kept.
        (r#"0 -1 0.0 -0.0 "0" "-3600" -1e400 1e-30"#, secs(0)),
        // The longest lifetime is one day.
        (r#"86400 86401 1e400 "1e400" 99999999999999999999999999"#, secs(86_400)),
        ("18446744073709551615", secs(86_400)),
    ] {
        for text in texts.split(' ') {
            assert_eq!(lifetime(text), expected, "{text}");
        }
    }
    assert_eq!(lifetime("\" 3600 \""), secs(3_600));
    let missing = read(200, r#"{"access_token":"a","token_type":"Bearer"}"#).unwrap();
    assert_eq!(missing.lifetime, secs(300));
}

#[test]
fn an_error_has_the_request_id_unless_it_shows_the_token() {
    for (status, body, id) in [
        (400, r#"{"error":"invalid_client"}"#, Some("r-1")),
        (503, "", Some("r-1")),
        (200, "<html>", Some("r-1")),
        (200, r#"{"access_token":"","token_type":"mac"}"#, Some("r-1")),
        (200, r#"{"access_token":"1","token_type":"mac"}"#, None),
        (400, r#"{"access_token":"r-1","error":"invalid_client"}"#, None),
    ] {
        let error = read(status, body).unwrap_err();
        assert_eq!(error.request_id(), id, "{body}");
        assert_eq!(format!("{error:?}").contains("r-1"), id.is_some(), "{body}");
    }
}

#[test]
fn the_granted_scope_is_read_if_it_is_a_valid_one() {
    for (scope, expected) in [
        (r#""a b""#, Some("a b")),
        (r#""""#, Some("")),
        (r#""urn:x:[1]~!#""#, Some("urn:x:[1]~!#")),
        (r#""a\nb""#, None),
        (r#""a\"b""#, None),
        (r#""ä""#, None),
        (r#"["a","b"]"#, None),
        ("null", None),
    ] {
        let body = format!(r#"{{"access_token":"a","token_type":"bearer","scope":{scope}}}"#);
        assert_eq!(read(200, &body).unwrap().scope(), expected, "{scope}");
    }
}

#[test]
fn a_valid_token_becomes_a_sensitive_header() {
    for body in [
        r#"{"access_token":"a.b-c_d~e+f/g==","token_type":"Bearer","expires_in":60}"#,
        r#"{"access_token":"a.b-c_d~e+f/g==","token_type":"bEARER","expires_in":60,"error":null}"#,
        r#" {"scope":"x","refresh_token":"r","access_token":"a.b-c_d~e+f\/g==","token_type":"BEARER",
            "extra":{"deep":[1e999]},"expires_in":60} "#,
    ] {
        let grant = read(200, body).unwrap();
        assert_eq!(grant.header, "Bearer a.b-c_d~e+f/g==");
        assert!(grant.header.is_sensitive());
        assert_eq!(grant.lifetime, secs(60));
    }
}

#[test]
fn a_success_without_a_valid_token_is_an_error() {
    let token = |token| format!(r#"{{"access_token":{token},"token_type":"Bearer"}}"#);
    let kind = |kind| format!(r#"{{"access_token":"a","token_type":{kind}}}"#);
    let others = ["", "<html>Welcome</html>", "null", "[]", "\"token\""].map(str::to_owned);
    let twice = [token(r#""a","access_token":"b""#), token(r#""a""#) + " and more"];
    let tokens = ["null", "5", r#""""#, r#""a\nb""#, r#""a\r\nX-Evil: 1""#, r#""a b""#, r#""ä""#];
    let no_token = tokens.map(token).into_iter().chain(["{}".to_owned()]);
    let kinds = ["null", r#""mac""#, "1"].map(kind).into_iter();
    let no_kind = kinds.chain([r#"{"access_token":"a"}"#.to_owned()]);
    let not_json = others.into_iter().chain(twice);
    let bodies = (not_json.map(|body| (body, "JSON")))
        .chain(no_token.map(|body| (body, "access_token")))
        .chain(no_kind.map(|body| (body, "token_type")));
    for (body, problem) in bodies {
        let error = read(200, &body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
        assert!(error.to_string().contains(problem), "{body}: {error}");
        assert_eq!(error.status(), Some(StatusCode::OK));
        assert!(error.is_retryable());
    }
}

#[test]
fn errors_are_classified_by_code_before_status() {
    let coded = [
        (400, "invalid_client", false),
        (401, "invalid_client", false),
        (500, "invalid_client", false),
        (200, "invalid_client", false),
        (400, "temporarily_unavailable", true),
        (400, "slow_down", true),
        (400, "something_new", false),
        (503, "something_new", true),
    ]
    .map(|(status, code, retryable)| {
        (status, format!(r#"{{"error":"{code}"}}"#), Some(code), retryable)
    });
    let with_token = r#"{"access_token":"a","token_type":"Bearer","error":"x"}"#;
    let others = [
        (200, with_token, Some("x"), false),
        (400, r#"{"error":"not a code"}"#, None, false),
        (400, r#"{"error":7}"#, None, false),
        (400, r#"{"message":"no"}"#, None, false),
        (404, "<html>", None, false),
        (307, "", None, false),
        (408, "", None, true),
        (429, "", None, true),
        (500, "", None, true),
        (503, "<html>", None, true),
    ]
    .map(|(status, body, code, retryable)| (status, body.to_owned(), code, retryable));
    for (status, body, code, retryable) in coded.into_iter().chain(others) {
        let error = read(status, &body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{status} {body}");
        assert_eq!(error.oauth_error(), code, "{status} {body}");
        assert_eq!(error.is_retryable(), retryable, "{status} {body}");
        assert_eq!(error.status().unwrap().as_u16(), status);
    }
}

#[test]
fn an_error_is_one_line_that_says_what_to_do() {
    let body =
        r#"{"error":"invalid_client","error_description":"Client\nnot known","error_uri":"x"}"#;
    assert_eq!(
        read(400, body).unwrap_err().to_string(),
        "https://login.example.com/token responded with invalid_client \"Client not known\" \
         (status 400): check the client id and its secret, key or certificate"
    );
}

#[test]
fn an_error_code_never_shows_the_token_that_came_with_it() {
    let token = "kXqZ-canary_Token.part";
    for code in [token, "canary_Token", "prefix.kXqZ-canary_Token.part"] {
        for status in [200, 400, 503] {
            let body = format!(
                r#"{{"access_token":"{token}","token_type":"Bearer","error":"{code}","error_description":"{token}"}}"#
            );
            let error = read(status, &body).unwrap_err();
            assert_eq!(error.oauth_error(), None, "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
        Just(SECRET.into()),
        Just("invalid_client".into()),
        Just("Bearer".into()),
    ];
    let name = prop_oneof![
        Just("access_token"),
        Just("token_type"),
        Just("expires_in"),
        Just("error"),
        Just("error_description"),
        Just("other"),
    ];
    prop::collection::vec((name, leaf), 0..8).prop_map(|members| {
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

proptest! {
    #[test]
    fn any_json_gives_a_usable_token_or_a_clean_error(
        body in json(), status in prop_oneof![Just(200_u16), 100..600_u16],
    ) {
        match read(status, &body.to_string()) {
            Ok(grant) => {
                prop_assert!(grant.lifetime <= secs(86_400));
                prop_assert!(grant.header.to_str().is_ok_and(|text| text.len() > "Bearer ".len()));
                prop_assert!((200..300).contains(&status));
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains(SECRET));
                prop_assert!(!error.to_string().contains('\n'));
                prop_assert!(error.to_string().len() < 500);
            }
        }
    }

    #[test]
    fn no_bytes_cause_a_panic(body: Vec<u8>, status in 100..600_u16) {
        let _ = parse(&TokenResponse {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            request_id: None,
            body: &body,
            endpoint: "https://login.example.com/token",
            secrets: &[SECRET],
        });
    }

    #[test]
    fn any_expires_in_gives_a_lifetime_within_a_day(text in "-?[0-9]{1,30}(\\.[0-9]{1,5})?(e[0-9]{1,4})?") {
        for text in [text.clone(), format!("\"{text}\"")] {
            let body = format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{text}}}"#);
            // Some texts, such as 01, are not JSON numbers.
            if let Ok(grant) = read(200, &body) {
                prop_assert!(grant.lifetime <= secs(86_400));
                if text.contains('-') {
                    prop_assert_eq!(grant.lifetime, secs(0));
                }
            }
        }
    }
}
