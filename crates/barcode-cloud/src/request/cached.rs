//! Generates an image unless the cache has it.

use barcode_cloud_client::{self as api, ClientInfo as _};
use tokio::time::{Instant, timeout_at};

use super::generate::{GenerateOperation, Whole};
use crate::cache::{CacheKey, Entry, Lookup, SharedCache};
use crate::error::{Deadline, Error};
use crate::exchange::{CallOptions, Shared};
use crate::image::Image;

/// Returns the image of the request from the cache, or sends the request. Waiting for another call
/// for the same image counts toward the deadline of this call.
pub(super) async fn send(
    shared: &Shared,
    cache: &SharedCache,
    mut options: CallOptions,
    request: GenerateOperation<Whole>,
) -> Result<Image, Error> {
    let limit = options.timeout.unwrap_or(shared.exchange.timeouts.call);
    let begin = Instant::now();
    let key = key(request.http());
    let lookup = match begin.checked_add(limit) {
        Some(end) => timeout_at(end, cache.lookup(key)).await,
        None => Ok(cache.lookup(key).await),
    };
    let generation = match lookup {
        Err(_) => return Err(Error::Timeout { deadline: Deadline::Call, limit }),
        Ok(Lookup::Missing(generation)) => generation,
        Ok(Lookup::Found(entry)) => {
            count("hit");
            return Ok(Image::cached(entry.bytes, entry.media_type));
        }
    };
    count("miss");
    options.timeout = Some(limit.saturating_sub(begin.elapsed()));
    match generation.run(shared.exchange.run(&options, &request)).await {
        Ok(image) => {
            let media_type = image.media_type().to_owned();
            generation.store(Entry { media_type, bytes: image.bytes().clone() }).await;
            Ok(image)
        }
        Err(failure) => {
            generation.give_up().await;
            Err(failure.into())
        }
    }
}

/// The key of what the service would receive, so that it contains every parameter.
fn key(request: &reqwest::Request) -> CacheKey {
    let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
    let version = api::Client::api_version().as_bytes();
    CacheKey::of(&[version, request.url().as_str().as_bytes(), body])
}

fn count(result: &'static str) {
    tracing::debug!(result, "looked up an image in the cache");
    #[cfg(feature = "metrics")]
    metrics::counter!("barcode_cloud.image_cache.lookups", "result" => result).increment(1);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use barcode_cloud_client::{self as api, types::GenerateParams};
    use serde_json::{Map, Value, json};

    use super::key;

    /// Two valid values of a schema. An object has the first values of all its properties, and one
    /// variant for each property that has its second value.
    fn values(document: &Value, schema: &Value) -> Vec<Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = document.pointer(reference.trim_start_matches('#'));
            return values(document, target.unwrap());
        }
        if let Some(properties) = schema["properties"].as_object() {
            let all: Vec<(&String, Vec<Value>)> =
                properties.iter().map(|(name, schema)| (name, values(document, schema))).collect();
            let first: Map<String, Value> =
                all.iter().map(|(name, values)| ((*name).clone(), values[0].clone())).collect();
            let mut variants = vec![Value::Object(first.clone())];
            for (name, values) in &all {
                for value in &values[1..] {
                    let mut variant = first.clone();
                    variant.insert((*name).clone(), value.clone());
                    variants.push(Value::Object(variant));
                }
            }
            return variants;
        }
        if let Some(names) = schema["enum"].as_array() {
            return names.clone();
        }
        if let Some(schemas) = schema["oneOf"].as_array() {
            let schemas = schemas.iter().filter(|schema| schema["type"] != "null");
            return schemas.flat_map(|schema| values(document, schema)).collect();
        }
        let types = schema["type"].as_array().cloned().unwrap_or(vec![schema["type"].clone()]);
        let kind = types.iter().find(|kind| **kind != "null");
        match kind.and_then(Value::as_str) {
            Some("string") => vec![json!("a"), json!("b")],
            Some("boolean") => vec![json!(false), json!(true)],
            Some("integer" | "number") => {
                let minimum = schema["minimum"].as_f64().unwrap_or(0.0);
                let maximum = schema["maximum"].as_f64().unwrap_or(minimum + 1.0);
                [minimum, maximum]
                    .map(|value| match kind.unwrap() == "integer" {
                        true => json!(value as i64),
                        false => json!(value),
                    })
                    .to_vec()
            }
            other => panic!("a schema of the type {other:?}: {schema}"),
        }
    }

    /// A new parameter of the document is a part of the key without a change here.
    #[test]
    fn each_value_of_each_parameter_has_its_own_key() {
        let document: Value = serde_json::from_str(barcode_cloud_openapi::DOCUMENT).unwrap();
        let variants = values(&document, &json!({"$ref": "#/components/schemas/GenerateParams"}));
        assert!(variants.len() > 150, "{}", variants.len());
        let client = api::Client::new_with_client(
            "http://127.0.0.1:1",
            reqwest::Client::new(),
            api::Hooks::default(),
        );
        let key = |variant: &Value| {
            let params: GenerateParams = serde_json::from_value(variant.clone()).unwrap();
            key(&client.generate_body().body(params).request().unwrap())
        };
        let keys: HashSet<_> = variants.iter().map(key).collect();
        assert_eq!(keys.len(), variants.len());
        assert_eq!(key(&variants[0]), key(&variants[0]));
    }
}
