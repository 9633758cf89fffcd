//! Recognize and scan: find the barcodes in an image, which is given as a URL, as base64 or in a
//! form.

use std::sync::Arc;

use barcode_engine::{Barcode, Budget, Effort, ReadOptions, Symbology, decode, read_image};
use bytes::Bytes;
use serde_json::{Value, json};

use super::from_base64;
use crate::contract::validate::Values;
use crate::http::Failure;
use crate::journal::LogEntryHandle;
use crate::state::State;

/// The value in the document that selects several types.
const COMMON: &str = "MostCommonlyUsed";

/// Looks for the requested types. If the image could not be searched completely, the log entry gets
/// a warning.
pub(super) async fn recognize(
    state: &Arc<State>,
    values: Values,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Value, Failure> {
    let (parameter, names) = match values.texts("barcodeTypes") {
        Some(names) => ("barcodeTypes", names),
        None => ("barcodeType", vec![values.text("barcodeType").unwrap_or(COMMON)]),
    };
    let options = ReadOptions {
        symbologies: symbologies(parameter, &names)?,
        effort: match values.text("recognitionMode") {
            Some("Fast") => Effort::Fast,
            Some("Excellent") => Effort::Excellent,
            _ => Effort::Normal,
        },
    };
    // `recognitionImageKind` is a hint to the service's engine. This engine needs no hint.
    search(state, values, options, log_entry).await
}

/// Looks for the common types. If the image could not be searched completely, the log entry gets a
/// warning.
pub(super) async fn scan(
    state: &Arc<State>,
    values: Values,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Value, Failure> {
    search(state, values, ReadOptions::default(), log_entry).await
}

fn symbologies(parameter: &str, names: &[&str]) -> Result<Vec<&'static Symbology>, Failure> {
    let mut symbologies = Vec::new();
    for name in names {
        if *name == COMMON {
            symbologies.extend(ReadOptions::default().symbologies);
            continue;
        }
        let readable = Symbology::named(name).filter(|symbology| symbology.can_read());
        symbologies.push(
            readable
                .ok_or_else(|| Failure::unsupported(parameter, format_args!("reading {name}")))?,
        );
    }
    Ok(symbologies)
}

async fn search(
    state: &Arc<State>,
    values: Values,
    options: ReadOptions,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Value, Failure> {
    let (parameter, file) = file(state, values).await?;
    let time = state.recognition_time;
    let read = state.workers.run_cancellable(move |token| {
        let budget = Budget::new(time, move || token.is_cancelled());
        let image = decode(&file).map_err(|error| Failure::field(parameter, error))?;
        drop(file);
        let found = read_image(&image, &options, &budget);
        Ok((found, budget.is_exhausted()))
    });
    let (found, is_incomplete) = read.await?;
    if let Some(log_entry) = log_entry.filter(|_| is_incomplete) {
        log_entry.record_warning(&format!(
            "The image was not searched completely: the search was ended after {} seconds. The response lists \
             the barcodes that were found so far.",
            time.as_secs_f32()
        ));
    }
    let barcodes: Vec<Value> = found.iter().map(barcode).collect();
    Ok(json!({ "barcodes": barcodes }))
}

/// Returns the image file, and the name of the field that contained it.
async fn file(state: &State, mut values: Values) -> Result<(&'static str, Bytes), Failure> {
    if let Some(file) = values.file("file") {
        return Ok(("file", file.clone()));
    }
    if let Some(text) = values.take_text("fileBase64") {
        let decode = move || from_base64("fileBase64", &text);
        return Ok(("fileBase64", state.workers.run(decode).await?.into()));
    }
    let url = values.text("fileUrl").unwrap_or_default();
    Ok(("fileUrl", state.files.read(url, state.body_limit).await?))
}

fn barcode(found: &Barcode) -> Value {
    json!({
        "barcodeValue": found.value,
        "type": found.name,
        "region": found.region.map(|(x, y)| json!({ "x": x, "y": y })),
        // The service responds with null if the value already contains the check digit.
        "checksum": null,
    })
}
