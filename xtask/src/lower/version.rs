//! The version: progenitor supports only OpenAPI 3.0.x, so the version of a 3.1.x document becomes
//! 3.0.3. The other rules lower or reject the constructs that exist only in 3.1.

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
            "only 3.0.x and 3.1.x are supported",
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
    fn only_3_0_and_3_1_are_supported() {
        for (version, expected) in [("3.1.1", "3.0.3"), ("3.0.4", "3.0.4")] {
            let mut document = json!({"openapi": version});
            declare_3_0(&mut document, &mut Log::default()).unwrap();
            assert_eq!(document["openapi"], expected);
        }
        for mut document in [json!({"openapi": "2.0"}), json!({}), json!([])] {
            let error = declare_3_0(&mut document, &mut Log::default()).unwrap_err().to_string();
            assert!(error.starts_with("#/openapi: OpenAPI version"), "{error}");
        }
    }
}
