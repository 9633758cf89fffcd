//! Compares the generated types with the document, in both directions. The document is read from
//! `openapi/`, and the types are described by the JSON Schema that they derive, so the two
//! descriptions are independent.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use barcode_cloud::api::operations;
use barcode_cloud::api::types::{
    ApiErrorResponse, BarcodeResponseList, GenerateParams, RecognizeBase64Request,
    ScanBase64Request,
};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

fn document() -> Value {
    serde_json::from_str(barcode_cloud_openapi::DOCUMENT).unwrap()
}

fn schemas(document: &Value) -> &Map<String, Value> {
    document["components"]["schemas"].as_object().unwrap()
}

/// The JSON Schemas of the generated types by name. The types listed here refer to all others.
fn generated() -> Map<String, Value> {
    let mut generator = schemars::SchemaGenerator::default();
    generator.subschema_for::<GenerateParams>();
    generator.subschema_for::<RecognizeBase64Request>();
    generator.subschema_for::<ScanBase64Request>();
    generator.subschema_for::<ApiErrorResponse>();
    generator.subschema_for::<BarcodeResponseList>();
    generator.take_definitions(true)
}

/// The facts of a property that are compared: its type or the schema that it refers to, and its
/// bounds.
#[derive(Debug, PartialEq)]
struct Property {
    kind: BTreeSet<String>,
    items: Option<String>,
    bounds: BTreeMap<String, String>,
}

impl Property {
    fn of(schema: &Value) -> Self {
        let mut kind = BTreeSet::new();
        for alternative in schema["anyOf"].as_array().into_iter().flatten().chain([schema]) {
            if let Some(name) = reference(alternative) {
                kind.insert(name);
            }
            match &alternative["type"] {
                Value::String(one) => kind.extend([one.clone()]),
                Value::Array(several) => {
                    kind.extend(several.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        // Every optional field of a generated type may be null.
        kind.remove("null");
        let bound = |key: &str| Some((key.to_owned(), schema.get(key)?.as_f64()?.to_string()));
        let bounds = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];
        Self {
            kind,
            items: schema
                .get("items")
                .map(|items| reference(items).unwrap_or_else(|| items["type"].to_string())),
            bounds: bounds
                .into_iter()
                .filter_map(bound)
                .filter(|(_, value)| value != "-2147483648" && value != "2147483647")
                .collect(),
        }
    }
}

fn reference(schema: &Value) -> Option<String> {
    Some(schema["$ref"].as_str()?.rsplit('/').next()?.to_upper_camel_case())
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The values of an enumeration, which are in a list or, if they have descriptions, in one schema
/// each.
fn values(schema: &Value) -> BTreeSet<&str> {
    let apart = schema["oneOf"].as_array().into_iter().flatten();
    let apart = apart.flat_map(|one| names(&one["enum"]).into_iter().chain(one["const"].as_str()));
    names(&schema["enum"]).into_iter().chain(apart).collect()
}

#[test]
fn every_schema_property_required_flag_bound_and_value_is_generated_and_nothing_else() {
    let document = document();
    let generated = generated();
    let by_document: BTreeSet<_> =
        schemas(&document).keys().map(|name| name.to_upper_camel_case()).collect();
    assert_eq!(by_document.len(), 31);
    assert_eq!(by_document, generated.keys().cloned().collect());
    for (name, ours) in schemas(&document) {
        let theirs = &generated[&name.to_upper_camel_case()];
        assert_eq!(values(ours), values(theirs), "{name}");
        let properties = |schema: &Value| -> BTreeMap<String, Property> {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, property)| (name.clone(), Property::of(property))).collect()
        };
        assert_eq!(properties(ours), properties(theirs), "{name}");
        // A nullable property may be missing. Only in this respect are the types less strict than
        // the document, on purpose.
        let mut required = names(&ours["required"]);
        required.retain(|field| !names(&ours["properties"][field]["type"]).contains("null"));
        assert_eq!(required, names(&theirs["required"]), "{name}");
    }
}

#[test]
fn every_operation_is_generated_with_its_method_and_path() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let mut count = 0;
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_snake_case();
            let found = operations::find(&id).unwrap();
            assert_eq!((found.id, found.path), (id.as_str(), path.as_str()));
            assert_eq!(found.method, method.to_uppercase());
            count += 1;
        }
    }
    assert_eq!(count, 9);
    assert_eq!(operations::find("gone"), None);
}

#[test]
fn the_form_the_query_and_the_body_have_the_same_31_fields() {
    let document = document();
    let query = document["paths"]["/barcode/generate/{barcodeType}"]["get"]["parameters"]
        .as_array()
        .unwrap();
    let query: BTreeSet<_> =
        query.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    let form = &document["paths"]["/barcode/generate-multipart"]["post"]["requestBody"]["content"];
    let form = form["multipart/form-data"]["schema"]["properties"].as_object().unwrap();
    let form: BTreeSet<_> = form.keys().map(String::as_str).collect();
    let mut leaves = BTreeSet::new();
    let mut open = vec!["GenerateParams"];
    while let Some(name) = open.pop() {
        for (field, property) in schemas(&document)[name]["properties"].as_object().unwrap() {
            let target =
                property["$ref"].as_str().map(|reference| reference.rsplit('/').next().unwrap());
            match target.filter(|target| schemas(&document)[*target].get("properties").is_some()) {
                Some(target) => open.push(target),
                None => {
                    leaves.insert(field.as_str());
                }
            }
        }
    }
    assert_eq!(query.len(), 31);
    assert_eq!(query, form);
    assert_eq!(query, leaves);
}

/// Random values of a schema of the document. With `unbounded`, numbers and strings may be out of
/// bounds.
fn value(document: &Value, schema: &Value, unbounded: bool) -> BoxedStrategy<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        return value(document, target, unbounded);
    }
    if let Some(values) = schema["enum"].as_array() {
        return prop::sample::select(values.clone()).boxed();
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        several => names(several).into_iter().collect(),
    };
    let strategies: Vec<_> =
        types.into_iter().map(|kind| value_of_type(document, schema, kind, unbounded)).collect();
    prop::strategy::Union::new(strategies).boxed()
}

fn value_of_type(
    document: &Value,
    schema: &Value,
    kind: &str,
    unbounded: bool,
) -> BoxedStrategy<Value> {
    let bound = |key: &str, default: f64| schema[key].as_f64().unwrap_or(default);
    let slack = if unbounded { 3.0 } else { 0.0 };
    match kind {
        "null" => Just(Value::Null).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => {
            let (least, most) =
                (bound("minimum", -1000.0) - slack, bound("maximum", 1000.0) + slack);
            (least as i32..=most as i32).prop_map(Value::from).boxed()
        }
        // In steps of an eighth, which are the same in `f32` and `f64`.
        "number" => {
            let (least, most) =
                (bound("minimum", -1000.0) - slack, bound("maximum", 1000.0) + slack);
            let eighths = (least * 8.0).ceil() as i32..=(most * 8.0).floor() as i32;
            eighths.prop_map(|eighths| json!(f64::from(eighths) / 8.0)).boxed()
        }
        "string" => {
            let least = if unbounded { 0 } else { bound("minLength", 0.0) as usize };
            prop::collection::vec(any::<char>(), least..least + 8)
                .prop_map(|text| Value::from(text.into_iter().collect::<String>()))
                .boxed()
        }
        "array" => prop::collection::vec(value(document, &schema["items"], unbounded), 0..3)
            .prop_map(Value::from)
            .boxed(),
        "object" => object(document, schema, unbounded),
        other => panic!("no strategy for the type {other}"),
    }
}

fn object(document: &Value, schema: &Value, unbounded: bool) -> BoxedStrategy<Value> {
    let required = names(&schema["required"]);
    let mut fields = Just(Map::new()).boxed();
    for (name, property) in schema["properties"].as_object().unwrap() {
        // An error can contain another error. One level is enough.
        let present = match (required.contains(name.as_str()), name == "innerError") {
            (true, _) => Just(true).boxed(),
            (false, true) => Just(false).boxed(),
            (false, false) => any::<bool>().boxed(),
        };
        let name = name.clone();
        let property = if name == "innerError" {
            Just(Value::Null).boxed()
        } else {
            value(document, property, unbounded)
        };
        fields = (fields, present, property)
            .prop_map(move |(mut fields, present, value)| {
                if present {
                    fields.insert(name.clone(), value);
                }
                fields
            })
            .boxed();
    }
    fields.prop_map(Value::from).boxed()
}

/// A validator for the document's schema `name`.
fn validator(document: &Value, name: &str) -> Validator {
    let schema = json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
    jsonschema::draft202012::new(&schema).unwrap()
}

fn runner() -> TestRunner {
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Removes nulls from a value, because the generated types treat them like missing properties.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

fn assert_valid_values_round_trip<T: Serialize + DeserializeOwned>(name: &str) {
    let document = document();
    let validator = validator(&document, name);
    let outcome = runner().run(&value(&document, &schemas(&document)[name], false), |valid| {
        prop_assert!(
            validator.is_valid(&valid),
            "the strategy must generate valid values: {valid}"
        );
        let typed: T = serde_json::from_value(valid.clone())
            .map_err(|e| TestCaseError::fail(format!("{e}: {valid}")))?;
        let again = serde_json::to_value(&typed).unwrap();
        prop_assert_eq!(without_nulls(&again), without_nulls(&valid));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn every_valid_value_of_the_document_round_trips() {
    assert_valid_values_round_trip::<GenerateParams>("GenerateParams");
    assert_valid_values_round_trip::<RecognizeBase64Request>("RecognizeBase64Request");
    assert_valid_values_round_trip::<ScanBase64Request>("ScanBase64Request");
    assert_valid_values_round_trip::<ApiErrorResponse>("ApiErrorResponse");
    assert_valid_values_round_trip::<BarcodeResponseList>("BarcodeResponseList");
}

fn assert_check_agrees_with_the_document<T: Serialize + DeserializeOwned>(
    name: &str,
    check: impl Fn(&T) -> bool,
) {
    let document = document();
    let validator = validator(&document, name);
    let (valid_count, invalid_count) = (Cell::new(0), Cell::new(0));
    let outcome = runner().run(&value(&document, &schemas(&document)[name], true), |value| {
        let typed: T = serde_json::from_value(value).unwrap();
        let written = serde_json::to_value(&typed).unwrap();
        let valid = validator.is_valid(&written);
        prop_assert_eq!(check(&typed), valid, "{}", written);
        let counter = if valid { &valid_count } else { &invalid_count };
        counter.set(counter.get() + 1);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    let counts = (valid_count.get(), invalid_count.get());
    assert!(counts.0 > 0 && counts.1 > 0, "{name}: valid and invalid values: {counts:?}");
}

/// A value that a request type can hold passes its check if and only if it is valid according to
/// the document.
#[test]
fn the_checks_before_sending_agree_with_the_document() {
    assert_check_agrees_with_the_document("GenerateParams", |params: &GenerateParams| {
        params.check().is_ok()
    });
    assert_check_agrees_with_the_document(
        "RecognizeBase64Request",
        |request: &RecognizeBase64Request| request.check().is_ok(),
    );
    assert_check_agrees_with_the_document("ScanBase64Request", |request: &ScanBase64Request| {
        request.check().is_ok()
    });
}
