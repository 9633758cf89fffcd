//! Bounds of numbers, texts and lists. progenitor would silently ignore the bounds of numbers and
//! generate a wrapper type for each text with a bound. Therefore, this rule moves the bounds to the
//! extension `x-bounds` and adds them to the documentation. From `x-bounds`, `rewrite::types`
//! generates checks that run before a request is sent. Responses are not checked.

use std::fmt;

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::walk::schemas_mut;
use crate::Error;

const KEY: &str = "x-bounds";

/// The minimum and maximum of a quantity. At least one of them is set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) quantity: Quantity,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
}

/// The quantity that a bound limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// The value of a number.
    Value,
    /// The number of characters in a text.
    Characters,
    /// The number of items in a list.
    Items,
}

const KEYS: [(Quantity, &str, &str); 3] = [
    (Quantity::Value, "minimum", "maximum"),
    (Quantity::Characters, "minLength", "maxLength"),
    (Quantity::Items, "minItems", "maxItems"),
];

impl Bounds {
    /// Returns the bounds that [`extract`] stored in `schema`.
    pub(crate) fn of(schema: &Value) -> Option<Self> {
        let bounds = schema.get(KEY)?;
        KEYS.into_iter().find_map(|(quantity, minimum, maximum)| {
            let bounds = Self {
                quantity,
                minimum: bounds[minimum].as_f64(),
                maximum: bounds[maximum].as_f64(),
            };
            (bounds.minimum.is_some() || bounds.maximum.is_some()).then_some(bounds)
        })
    }
}

/// Formats the bounds as a sentence for the documentation.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.quantity {
            Quantity::Value => "",
            Quantity::Characters => " in characters",
            Quantity::Items => " in items",
        };
        match (self.minimum, self.maximum) {
            (Some(minimum), Some(maximum)) => write!(f, "Bounds{unit}: {minimum} to {maximum}."),
            (Some(minimum), None) => write!(f, "Bounds{unit}: at least {minimum}."),
            (None, Some(maximum)) => write!(f, "Bounds{unit}: at most {maximum}."),
            (None, None) => Ok(()),
        }
    }
}

pub(super) fn extract(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    schemas_mut(document, &mut |schema, at| {
        let mut bounds = Map::new();
        for (quantity, minimum, maximum) in KEYS {
            for key in [minimum, maximum] {
                let Some(bound) = schema.shift_remove(key) else {
                    continue;
                };
                if !is_representable(quantity, &bound) {
                    let hint = "a bound is a number in the range of f32; a bound of a length is a non-negative integer";
                    return Err(Error::lower(&at.join(key), format!("the bound {bound}"), hint));
                }
                bounds.insert(key.to_owned(), bound);
            }
        }
        if bounds.is_empty() {
            return Ok(());
        }
        let bounds = Value::from(bounds);
        if schema.contains_key("enum") {
            log.note("bounds", at, &bounds, "removed, because the enumeration lists the values");
            return Ok(());
        }
        if !is_checked(at) {
            let hint = "bounds are supported only for properties and parameters; remove them with an overlay action and describe them in its `description`";
            return Err(Error::lower(at, format!("the bounds {bounds}"), hint));
        }
        check_type(schema, &bounds, at)?;
        log.note("bounds", at, &bounds, "checked before sending");
        schema.insert(KEY.to_owned(), bounds);
        document_bounds(schema);
        Ok(())
    })
}

/// Checks that the bounds match the type of the schema. Otherwise, the generated check would not
/// compile.
fn check_type(schema: &Map<String, Value>, bounds: &Value, at: &Pointer) -> Result<(), Error> {
    let kind = schema.get("type").and_then(Value::as_str);
    for (quantity, minimum, maximum) in KEYS {
        let matches_type = match quantity {
            Quantity::Value => matches!(kind, Some("number" | "integer")),
            Quantity::Characters => kind == Some("string"),
            Quantity::Items => kind == Some("array"),
        };
        let present = [minimum, maximum].into_iter().find(|key| bounds.get(key).is_some());
        if let Some(key) = present.filter(|_| !matches_type) {
            let construct = format!("`{key}` of a {}", kind.unwrap_or("value of any type"));
            let hint = "a bound must match the type: `minimum` for numbers, `minLength` for texts, `minItems` for lists";
            return Err(Error::lower(&at.join(key), construct, hint));
        }
    }
    Ok(())
}

/// Returns whether the generated check can compare a value with `bound`.
fn is_representable(quantity: Quantity, bound: &Value) -> bool {
    match quantity {
        Quantity::Value => bound.as_f64().is_some_and(|bound| (bound as f32).is_finite()),
        // 80.0 is an integer in JSON Schema.
        Quantity::Characters | Quantity::Items => {
            bound.as_f64().is_some_and(|bound| bound >= 0.0 && bound.fract() == 0.0)
        }
    }
}

/// Returns whether a check is generated for the schema at `at`: for properties of named schemas and
/// for parameters.
fn is_checked(at: &Pointer) -> bool {
    let steps: Vec<_> = at.as_str().split('/').skip(1).collect();
    matches!(
        steps.as_slice(),
        ["components", "schemas", _, "properties", _] | ["paths", _, _, "parameters", _, "schema"]
    )
}

fn document_bounds(schema: &mut Map<String, Value>) {
    let Some(sentence) = Bounds::of(&Value::from(schema.clone())).map(|bounds| bounds.to_string())
    else {
        return;
    };
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{text}\n\n{sentence}").trim_start().to_owned();
    schema.insert("description".to_owned(), text.into());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Log;
    use super::{Bounds, Quantity, extract};

    fn lowered(property: Value) -> Result<Value, String> {
        let mut document =
            json!({"components": {"schemas": {"S": {"properties": {"p": property}}}}});
        extract(&mut document, &mut Log::default()).map_err(|e| e.to_string())?;
        Ok(document["components"]["schemas"]["S"]["properties"]["p"].clone())
    }

    #[test]
    fn bounds_move_to_the_extension_and_the_documentation() {
        let property =
            lowered(json!({"type": "string", "minLength": 1, "description": "Text."})).unwrap();
        assert_eq!(property["description"], "Text.\n\nBounds in characters: at least 1.");
        assert!(property.get("minLength").is_none());
        let bounds = Bounds::of(&property).unwrap();
        assert_eq!(
            bounds,
            Bounds { quantity: Quantity::Characters, minimum: Some(1.0), maximum: None }
        );

        let property = lowered(json!({"type": "number", "minimum": 0.001, "maximum": 1})).unwrap();
        assert_eq!(property["description"], "Bounds: 0.001 to 1.");
    }

    #[test]
    fn an_enumeration_has_no_bounds() {
        let property = lowered(json!({"type": "string", "enum": ["a"], "maxLength": 3})).unwrap();
        assert_eq!(property, json!({"type": "string", "enum": ["a"]}));
    }

    #[test]
    fn unsupported_bounds_are_errors() {
        let mut document =
            json!({"components": {"schemas": {"S": {"type": "string", "maxLength": 2}}}});
        let error = extract(&mut document, &mut Log::default()).unwrap_err().to_string();
        assert!(error.starts_with("#/components/schemas/S: the bounds"), "{error}");
        let error = lowered(json!({"type": "array", "items": {"minimum": 1}})).unwrap_err();
        assert!(
            error.starts_with("#/components/schemas/S/properties/p/items: the bounds"),
            "{error}"
        );
        let error = lowered(json!({"minimum": "one"})).unwrap_err();
        assert!(
            error.contains("properties/p/minimum: the bound \"one\"; a bound is a number"),
            "{error}"
        );
        let error = lowered(json!({"maximum": 1e300})).unwrap_err();
        assert!(error.contains("maximum: the bound 1e"), "{error}");
        let error = lowered(json!({"type": "string", "minimum": 1})).unwrap_err();
        assert!(error.contains("p/minimum: `minimum` of a string"), "{error}");
        let error = lowered(json!({"type": "string", "minItems": 1})).unwrap_err();
        assert!(error.contains("p/minItems: `minItems` of a string"), "{error}");
        let property = lowered(json!({"type": "array", "maxItems": 2})).unwrap();
        assert_eq!(property["description"], "Bounds in items: at most 2.");
        for bound in [json!(-1), json!(1.5), json!("1")] {
            let error = lowered(json!({"type": "string", "minLength": bound})).unwrap_err();
            assert!(error.contains(&format!("the bound {bound}")), "{error}");
        }
        let property = lowered(json!({"type": "string", "maxLength": 80.0})).unwrap();
        assert_eq!(property["description"], "Bounds in characters: at most 80.");
    }
}
