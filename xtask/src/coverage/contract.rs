//! What the contract consists of, by name: operations, parameters, schemas and the values of enumerations.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use crate::document;

/// One thing of the contract.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its name in the document.
    pub(super) name: String,
    /// The identifier that is generated of it.
    pub(super) rust: String,
    /// Of a parameter and of a schema: its enumeration's values.
    pub(super) values: Vec<String>,
    /// What the document says of it.
    pub(super) schema: Value,
}

/// A contract, as lists of names.
#[derive(Debug)]
pub(super) struct Contract {
    pub(super) operations: Vec<Item>,
    pub(super) parameters: Vec<Item>,
    pub(super) schemas: Vec<Item>,
    /// The types that a type holds, by their generated names.
    holds: BTreeMap<String, BTreeSet<String>>,
}

impl Contract {
    pub(super) fn read(document: &Value) -> Self {
        let mut operations = Vec::new();
        let mut parameters: Vec<Item> = Vec::new();
        for (id, operation) in document::operations(document) {
            operations.push(item(id, id.to_snake_case(), Vec::new(), operation.clone()));
            for (name, schema) in fields(operation) {
                if !parameters.iter().any(|known| known.name == name) {
                    let values = enumeration(document, schema);
                    parameters.push(item(name, name.to_snake_case(), values, schema.clone()));
                }
            }
        }
        let schemas = document["components"]["schemas"].as_object();
        let schemas: Vec<_> = schemas
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                item(
                    name,
                    name.to_upper_camel_case(),
                    enumeration(document, schema),
                    schema.clone(),
                )
            })
            .collect();
        let holds = schemas
            .iter()
            .map(|item| (item.rust.clone(), references(&item.schema)))
            .collect();
        Self {
            operations,
            parameters,
            schemas,
            holds,
        }
    }

    /// The schemas that are enumerations.
    pub(super) fn enumerations(&self) -> Vec<Item> {
        self.schemas
            .iter()
            .filter(|item| !item.values.is_empty())
            .cloned()
            .collect()
    }

    /// The types that are `named`, and all that those hold.
    pub(super) fn reached_from(&self, named: impl Fn(&str) -> bool) -> BTreeSet<String> {
        self.reach(self.holds.keys().filter(|name| named(name)).cloned())
    }

    /// The types of requests and answers of the operations that are `named`, and all that those hold.
    pub(super) fn spoken_by(&self, named: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let operations = self
            .operations
            .iter()
            .filter(|operation| named(&operation.name));
        self.reach(operations.flat_map(|operation| references(&operation.schema)))
    }

    fn reach(&self, from: impl Iterator<Item = String>) -> BTreeSet<String> {
        let mut open: Vec<String> = from.collect();
        let mut reached = BTreeSet::new();
        while let Some(name) = open.pop() {
            if reached.insert(name.clone()) {
                open.extend(self.holds.get(&name).into_iter().flatten().cloned());
            }
        }
        reached
    }
}

fn item(name: &str, rust: String, values: Vec<String>, schema: Value) -> Item {
    Item {
        name: name.to_owned(),
        rust,
        values,
        schema,
    }
}

/// The parameters and the form fields of `operation`.
fn fields(operation: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters
        .filter_map(|parameter| Some((parameter["name"].as_str()?, &parameter["schema"])));
    let form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        .as_object();
    parameters.chain(
        form.into_iter()
            .flatten()
            .map(|(name, schema)| (name.as_str(), schema)),
    )
}

fn enumeration(document: &Value, schema: &Value) -> Vec<String> {
    let schema = schema["$ref"]
        .as_str()
        .and_then(|reference| document.pointer(reference.trim_start_matches('#')))
        .unwrap_or(schema);
    let values = schema["enum"].as_array().into_iter().flatten();
    values
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The names of all schemas that `schema` refers to.
fn references(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(node) = open.pop() {
        match node {
            Value::Object(map) => {
                let reference = map.get("$ref").and_then(Value::as_str);
                names.extend(
                    reference
                        .and_then(|text| text.rsplit('/').next())
                        .map(|name| name.to_upper_camel_case()),
                );
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    names
}
