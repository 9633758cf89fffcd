//! Operation ids: each operation has one, no two are the same. They become the method names, so none is made up here.

use std::collections::HashMap;

use serde_json::Value;

use super::walk::METHODS;
use crate::Error;
use crate::pointer::Pointer;

pub(super) fn require(document: &Value) -> Result<(), Error> {
    let mut seen = HashMap::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let at = Pointer::default().join("paths").join(path).join(method);
            let hint = "give it an id of its own with an overlay action";
            let Some(id) = operation["operationId"]
                .as_str()
                .filter(|id| !id.is_empty())
            else {
                return Err(Error::lower(&at, "an operation without operationId", hint));
            };
            if let Some(other) = seen.insert(id.to_lowercase(), at.clone()) {
                return Err(Error::lower(
                    &at,
                    format!("operationId `{id}` is taken by {other}"),
                    hint,
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::require;

    #[test]
    fn missing_and_repeated_ids_are_named() {
        let error = require(&json!({"paths": {"/a": {"get": {}}}}))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("#/paths/~1a/get: an operation without operationId"),
            "{error}"
        );
        let twice =
            json!({"paths": {"/a": {"get": {"operationId": "x"}, "put": {"operationId": "X"}}}});
        let error = require(&twice).unwrap_err().to_string();
        assert!(
            error.starts_with("#/paths/~1a/put: operationId `X` is taken by #/paths/~1a/get"),
            "{error}"
        );
    }
}
