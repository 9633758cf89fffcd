//! The parser of the endpoint's answers.

use std::time::Duration;

use proptest::prelude::*;
use reqwest::StatusCode;

use super::script::{millis, secs};
use crate::response::{NewToken, TokenResponse, parse};
use crate::{Error, ErrorKind};

const SECRET: &str = "s3cret-canary/+";

fn read(status: u16, body: &str) -> Result<NewToken, Error> {
    parse(&TokenResponse {
        status: StatusCode::from_u16(status).unwrap(),
        retry_after: None,
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
    for text in [
        "3600",
        "\"3600\"",
        "3600.0",
        "\"3600.0\"",
        "3.6e3",
        "\" 3600 \"",
        "\"\\u0033600\"",
    ] {
        assert_eq!(lifetime(text), secs(3600), "{text}");
    }
    assert_eq!(lifetime("0.5"), millis(500));
    assert_eq!(lifetime("1"), secs(1));
}

#[test]
fn expires_in_that_says_nothing_means_five_minutes() {
    for text in [
        "null",
        "\"\"",
        "\"soon\"",
        "\"inf\"",
        "\"NaN\"",
        "\"infinity\"",
        "true",
        "[]",
        "{}",
        "[3600]",
        "\"3600s\"",
        "\"0x10\"",
        "\"1_000\"",
        "\"--1\"",
    ] {
        assert_eq!(lifetime(text), secs(300), "{text}");
    }
    let missing = read(200, r#"{"access_token":"a","token_type":"Bearer"}"#).unwrap();
    assert_eq!(missing.lifetime, secs(300));
}

#[test]
fn expires_in_of_zero_or_less_means_not_to_keep() {
    for text in [
        "0",
        "-1",
        "0.0",
        "-0.0",
        "\"0\"",
        "\"-3600\"",
        "-1e400",
        "1e-30",
    ] {
        assert_eq!(lifetime(text), secs(0), "{text}");
    }
}

#[test]
fn expires_in_is_at_most_a_day() {
    for text in [
        "86401",
        "1e400",
        "\"1e400\"",
        "99999999999999999999999999",
        "18446744073709551615",
    ] {
        assert_eq!(lifetime(text), secs(86_400), "{text}");
    }
    assert_eq!(lifetime("86400"), secs(86_400));
}

#[test]
fn a_good_answer_becomes_a_sensitive_header() {
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
fn a_success_without_a_usable_token_is_an_error() {
    for (body, problem) in [
        ("", "JSON"),
        ("<html>Welcome</html>", "JSON"),
        ("null", "JSON"),
        ("[]", "JSON"),
        ("\"token\"", "JSON"),
        (
            r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#,
            "JSON",
        ),
        (
            r#"{"access_token":"a","token_type":"Bearer"} and more"#,
            "JSON",
        ),
        ("{}", "access_token"),
        (
            r#"{"access_token":null,"token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":5,"token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"a\nb","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"a\r\nX-Evil: 1","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"a b","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"ä","token_type":"Bearer"}"#,
            "access_token",
        ),
        (r#"{"access_token":"a"}"#, "token_type"),
        (r#"{"access_token":"a","token_type":"mac"}"#, "token_type"),
        (r#"{"access_token":"a","token_type":1}"#, "token_type"),
    ] {
        let error = read(200, body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
        assert!(error.to_string().contains(problem), "{body}: {error}");
        assert_eq!(error.status(), Some(StatusCode::OK));
        assert!(error.is_retryable());
    }
}

#[test]
fn errors_are_classified_by_code_before_status() {
    for (status, body, code, retryable) in [
        (
            400,
            r#"{"error":"invalid_client"}"#,
            Some("invalid_client"),
            false,
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            Some("invalid_client"),
            false,
        ),
        (
            500,
            r#"{"error":"invalid_client"}"#,
            Some("invalid_client"),
            false,
        ),
        (
            200,
            r#"{"error":"invalid_client"}"#,
            Some("invalid_client"),
            false,
        ),
        (
            200,
            r#"{"access_token":"a","token_type":"Bearer","error":"x"}"#,
            Some("x"),
            false,
        ),
        (
            400,
            r#"{"error":"temporarily_unavailable"}"#,
            Some("temporarily_unavailable"),
            true,
        ),
        (400, r#"{"error":"slow_down"}"#, Some("slow_down"), true),
        (
            400,
            r#"{"error":"something_new"}"#,
            Some("something_new"),
            false,
        ),
        (
            503,
            r#"{"error":"something_new"}"#,
            Some("something_new"),
            true,
        ),
        (400, r#"{"error":"not a code"}"#, None, false),
        (400, r#"{"error":7}"#, None, false),
        (400, r#"{"message":"no"}"#, None, false),
        (404, "<html>", None, false),
        (307, "", None, false),
        (408, "", None, true),
        (429, "", None, true),
        (500, "", None, true),
        (503, "<html>", None, true),
    ] {
        let error = read(status, body).unwrap_err();
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
         (status 400): check the client id and secret"
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
            assert!(
                !format!("{error} {error:?}").contains("canary"),
                "{error:?}"
            );
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
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
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
    fn any_bytes_are_survived(body: Vec<u8>, status in 100..600_u16) {
        let _ = parse(&TokenResponse {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: &body,
            endpoint: "https://login.example.com/token",
            secrets: &[SECRET],
        });
    }

    #[test]
    fn any_expires_in_gives_a_lifetime_within_a_day(text in "-?[0-9]{1,30}(\\.[0-9]{1,5})?(e[0-9]{1,4})?") {
        for text in [text.clone(), format!("\"{text}\"")] {
            let body = format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{text}}}"#);
            // Some are no JSON numbers, such as 01.
            if let Ok(grant) = read(200, &body) {
                prop_assert!(grant.lifetime <= secs(86_400));
                if text.contains('-') {
                    prop_assert_eq!(grant.lifetime, secs(0));
                }
            }
        }
    }
}
