//! Operation ids, which become method names. If an id is missing or already in use, an id is
//! derived from the method and the path, such as `getBarcodeScan`.

use std::collections::HashSet;

use heck::{ToLowerCamelCase as _, ToSnakeCase as _};
use serde_json::Value;

use super::Log;
use super::walk::operations_mut;
use crate::Error;

pub(super) fn complete(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    let mut seen = HashSet::new();
    operations_mut(document, |operation, at| {
        let id =
            operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        // Ids conflict if their method names are equal.
        if !id.is_empty() && seen.insert(id.to_snake_case()) {
            return Ok(());
        }
        let path = at.as_str().trim_start_matches("/paths").replace("~1", "/");
        let (path, method) = path.rsplit_once('/').unwrap_or_default();
        let derived = format!("{method}{path}").to_lower_camel_case();
        if !seen.insert(derived.to_snake_case()) {
            let hint = "add an `operationId` with an overlay action";
            return Err(Error::lower(
                at,
                format!("the derived operationId `{derived}` is already in use"),
                hint,
            ));
        }
        log.note("operation-ids", at, if id.is_empty() { "none" } else { &id }, &derived);
        operation.insert("operationId".into(), derived.into());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Log;
    use super::complete;

    #[test]
    fn missing_and_repeated_ids_are_derived_from_method_and_path() {
        let mut document = json!({"paths": {
            "/barcode/scan/{id}": {"get": {}, "put": {"operationId": "Scan"}},
            "/b": {"put": {"operationId": "scan"}}
        }});
        let mut log = Log::default();
        complete(&mut document, &mut log).unwrap();
        assert_eq!(
            document["paths"]["/barcode/scan/{id}"]["get"]["operationId"],
            "getBarcodeScanId"
        );
        assert_eq!(document["paths"]["/barcode/scan/{id}"]["put"]["operationId"], "Scan");
        assert_eq!(document["paths"]["/b"]["put"]["operationId"], "putB");
        assert_eq!(log.0.len(), 2);
    }

    #[test]
    fn a_derived_id_that_is_in_use_is_an_error() {
        let mut document =
            json!({"paths": {"/a": {"get": {"operationId": "getB"}}, "/b": {"get": {}}}});
        let error = complete(&mut document, &mut Log::default()).unwrap_err().to_string();
        assert!(
            error.starts_with("#/paths/~1b/get: the derived operationId `getB` is already in use"),
            "{error}"
        );
    }
}
