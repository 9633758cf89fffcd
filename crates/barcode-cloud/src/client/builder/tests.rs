//! How settings are layered, checked and kept out of sight.

use secrecy::ExposeSecret;

use super::*;
use crate::client::credentials::{ACCESS_TOKEN, BASE_URL, CLIENT_ID, CLIENT_SECRET, TOKEN_URL};
use crate::config::Timeouts;

fn build(config: serde_json::Value) -> Result<Client, Error> {
    let mut all = serde_json::json!({"client_id": "id", "client_secret": "canary"});
    let fields = all.as_object_mut().unwrap();
    fields.extend(config.as_object().unwrap().clone());
    Client::from_config(serde_json::from_value(all).unwrap())
}

#[test]
fn a_client_is_built_from_a_configuration_without_a_runtime() {
    let client = build(serde_json::json!({
        "proxy": "http://user:canary@127.0.0.1:3128",
        "headers": {"x-gateway-key": "canary"},
        "concurrency": 2,
        "requests_per_second": 50,
    }));
    assert!(!format!("{:?}", client.unwrap()).contains("canary"));
}

#[test]
fn an_invalid_setting_is_named_and_its_value_is_not_shown() {
    for (config, expected) in [
        (serde_json::json!({"proxy": "canary://["}), "the proxy is not a URL"),
        (
            serde_json::json!({"headers": {"a b": "canary"}}),
            "the header `a b` has an invalid name: use",
        ),
        (
            serde_json::json!({"headers": {"Authorization": "canary"}}),
            "the header `Authorization` is set by the client itself: remove",
        ),
        (
            serde_json::json!({"headers": {"x-key": "canary\n"}}),
            "the header `x-key` has an invalid value: use",
        ),
        (serde_json::json!({"root_certificates": ["/no/such.pem"]}), "/no/such.pem"),
        (
            serde_json::json!({"root_certificates": ["Cargo.toml"]}),
            "the file contains no certificate",
        ),
        (
            serde_json::json!({"client_secret": null}),
            "`client_id` is set but `client_secret` is missing: set both",
        ),
        (
            serde_json::json!({"client_id": null, "client_secret": null}),
            "BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET and call `env`",
        ),
        (serde_json::json!({"user_agent": "canary\n"}), "`user_agent` contains a character"),
        (serde_json::json!({"base_url": "http://canary.example/v4.0"}), "https"),
        (
            serde_json::json!({"base_url": "canary"}),
            "the base URL is not an absolute URL: write it as https://host/v4.0",
        ),
        (
            serde_json::json!({"base_url": "https://service.example/v4.0?key=canary"}),
            "the base URL has a query or a fragment: write",
        ),
        (
            serde_json::json!({"base_url": "https://user:canary@service.example/v4.0"}),
            "the base URL has a user name or a password: write",
        ),
        (
            serde_json::json!({"concurrency": 0}),
            "`concurrency` is 0, so no request could ever be sent: set",
        ),
        (serde_json::json!({"requests_per_second": 0}), "`requests_per_second` is 0"),
    ] {
        let error = build(config).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(expected) && !text.contains("canary"), "{text}");
        assert!(!format!("{error:?}").contains("canary"));
    }
}

fn environment(variables: &'static [(&str, &str)]) -> Result<Environment, ConfigurationError> {
    Environment::read(|name| {
        let variable = variables.iter().find(|(variable, _)| *variable == name);
        Ok(variable.map(|(_, value)| (*value).to_owned()))
    })
}

#[test]
fn the_environment_provides_settings_that_nothing_else_sets() {
    let all = [
        (ACCESS_TOKEN, "env"),
        (BASE_URL, "https://env.example/v4.0"),
        (TOKEN_URL, "https://env.example/token"),
    ];
    let all: &'static [_] = Box::leak(Box::new(all));
    let mut builder = Client::builder();
    builder.env = environment(all).unwrap();
    assert!(matches!(builder.credential_source(), Ok(CredentialSource::Token(_))));
    assert_eq!(builder.base_url_text(), "https://env.example/v4.0");
    let config = serde_json::json!({
        "base_url": "https://config.example/v4.0", "client_id": "id", "client_secret": "s",
    });
    builder = builder.config(serde_json::from_value(config).unwrap());
    assert!(matches!(builder.credential_source(), Ok(CredentialSource::Credentials(_))));
    assert_eq!(builder.base_url_text(), "https://config.example/v4.0");
    assert_eq!(builder.token_url_text(), "https://env.example/token");
    builder = builder.base_url("https://method.example/v4.0");
    builder.apply_overrides();
    assert_eq!(builder.base_url_text(), "https://method.example/v4.0");
}

#[test]
fn a_limit_of_zero_set_by_a_method_is_rejected() {
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    let builder = || Client::builder().credentials(credentials.clone());
    for (builder, expected) in [
        (builder().concurrency(0), "concurrency"),
        (builder().requests_per_second(0), "requests_per_second"),
    ] {
        let error = builder.build().unwrap_err();
        let Error::Configuration(ConfigurationError::Zero { setting }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(setting, expected);
    }
    assert!(builder().concurrency(1).requests_per_second(1).build().is_ok());
}

#[test]
fn methods_override_a_configuration_in_any_order() {
    let second = Duration::from_secs(1);
    let value = || "config".to_owned().into();
    let config = || Config {
        base_url: Some("https://config.example/v4.0".into()),
        token_url: Some("https://config.example/token".into()),
        user_agent: "config".into(),
        headers: [("a".into(), value()), ("b".into(), value())].into(),
        max_response_bytes: 7,
        ..Config::default()
    };
    let methods = |builder: ClientBuilder| {
        builder
            .base_url("https://method.example/v4.0")
            .token_url("https://method.example/token")
            .timeout(second)
            .attempt_timeout(second)
            .connect_timeout(second)
            .idle_timeout(second)
            .retry(Retry::none())
            .concurrency(2)
            .requests_per_second(3)
            .user_agent("method")
            .header("b", "method".to_owned())
            .trace_data(true)
    };
    for mut builder in [
        methods(Client::builder().config(config())),
        methods(Client::builder()).config(config()),
        // A later configuration replaces an earlier one.
        methods(Client::builder().config(Config::default())).config(config()),
    ] {
        builder.apply_overrides();
        let config = builder.config;
        assert_eq!(config.base_url.unwrap(), "https://method.example/v4.0");
        assert_eq!(config.token_url.unwrap(), "https://method.example/token");
        let Timeouts { connect, attempt, call, idle } = config.timeouts;
        assert_eq!([connect, attempt, call, idle], [second; 4]);
        assert_eq!(config.retry, Retry::none());
        assert_eq!((config.concurrency, config.requests_per_second), (Some(2), Some(3)));
        assert_eq!(config.user_agent, "method");
        let headers = config.headers.values().map(ExposeSecret::expose_secret);
        assert_eq!(headers.collect::<Vec<_>>(), ["config", "method"]);
        assert!(config.trace_data);
        // Only the configuration sets this one.
        assert_eq!(config.max_response_bytes, 7);
    }
}

#[test]
fn the_environment_may_lack_credentials_but_not_half_of_them() {
    assert!(environment(&[(BASE_URL, "https://x.example")]).is_ok());
    for (variables, expected) in [
        (&[(CLIENT_ID, "id")][..], "`BARCODE_CLOUD_CLIENT_SECRET` is missing"),
        (&[(CLIENT_SECRET, "canary")], "`BARCODE_CLOUD_CLIENT_ID` is missing"),
    ] {
        let text = environment(variables).err().unwrap().to_string();
        assert!(text.contains(expected) && !text.contains("canary"), "{text}");
    }
}
