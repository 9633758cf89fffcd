//! The version: progenitor reads 3.0.x only. A 3.1.x document is declared 3.0.3; what 3.1 allows and 3.0 does not is
//! lowered by the other rules, or refused.

use contract_review::Pointer;
use serde_json::Value;

use super::Log;
use crate::Error;

pub(super) fn declare_3_0(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    let at = Pointer::default().join("openapi");
    let version = document["openapi"].as_str().unwrap_or_default().to_owned();
    if version.starts_with("3.1.") {
        log.note("version", &at, &version, "3.0.3");
        document["openapi"] = "3.0.3".into();
    } else if !version.starts_with("3.0.") {
        return Err(Error::lower(
            &at,
            format!("OpenAPI version {version:?}"),
            "3.0.x and 3.1.x are read",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Log;
    use super::declare_3_0;

    #[test]
    fn both_3_x_lines_are_read_and_others_named() {
        for (version, becomes) in [("3.1.1", "3.0.3"), ("3.0.4", "3.0.4")] {
            let mut document = json!({"openapi": version});
            declare_3_0(&mut document, &mut Log::default()).unwrap();
            assert_eq!(document["openapi"], becomes);
        }
        for mut document in [json!({"openapi": "2.0"}), json!({}), json!([])] {
            let error = declare_3_0(&mut document, &mut Log::default())
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("#/openapi: OpenAPI version"), "{error}");
        }
    }
}
