//! Recognize and scan: find the barcodes in an image, which is given as a URL, as base64 or in a
//! form.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::Failure;
use crate::engine::{self, Budget, Effort, Found, Symbology};
use crate::journal::LogEntryHandle;
use crate::operations::from_base64;
use crate::picture;
use crate::server::State;
use crate::validate::Values;

/// The value in the document that selects several types.
const COMMON: &str = "MostCommonlyUsed";

/// Looks for the requested types. If the picture could not be searched completely, the log entry
/// gets a warning.
pub(crate) async fn recognize(
    state: &Arc<State>,
    values: Values,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Value, Failure> {
    let wanted = match values.texts("barcodeTypes") {
        Some(names) => Wanted::named("barcodeTypes", &names)?,
        None => Wanted::named(
            "barcodeType",
            &[values.text("barcodeType").unwrap_or(COMMON)],
        )?,
    };
    let effort = match values.text("recognitionMode") {
        Some("Fast") => Effort::Fast,
        Some("Excellent") => Effort::Excellent,
        _ => Effort::Normal,
    };
    // `recognitionImageKind` is a hint to the service's engine. This engine needs no hint.
    find(state, values, wanted, effort, log_entry).await
}

/// Looks for the common types. If the picture could not be searched completely, the log entry gets
/// a warning.
pub(crate) async fn scan(
    state: &Arc<State>,
    values: Values,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Value, Failure> {
    find(
        state,
        values,
        Wanted {
            common: true,
            types: Vec::new(),
        },
        Effort::Normal,
        log_entry,
    )
    .await
}

/// The types to look for.
struct Wanted {
    common: bool,
    types: Vec<&'static str>,
}

impl Wanted {
    fn named(parameter: &str, names: &[&str]) -> Result<Self, Failure> {
        let types = names.iter().filter(|name| **name != COMMON).map(|name| {
            Symbology::to_read(name)
                .map(|symbology| symbology.name)
                .ok_or_else(|| Failure::unsupported(parameter, format_args!("reading {name}")))
        });
        Ok(Self {
            common: names.contains(&COMMON),
            types: types.collect::<Result<_, _>>()?,
        })
    }

    fn has(&self, symbology: &Symbology) -> bool {
        (self.common && symbology.common) || self.types.contains(&symbology.name)
    }
}

async fn find(
    state: &Arc<State>,
    values: Values,
    wanted: Wanted,
    effort: Effort,
    log_entry: Option<&LogEntryHandle>,
) -> Result<Value, Failure> {
    let (parameter, file) = file(state, values).await?;
    let time = state.recognition_time;
    let read = state.workers.run_cancellable(move |cancelled| {
        let budget = Budget::new(time, cancelled);
        let picture =
            picture::decode(&file).map_err(|problem| Failure::field(parameter, problem))?;
        drop(file);
        let found = engine::read(&picture, |symbology| wanted.has(symbology), effort, &budget);
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

fn barcode(found: &Found) -> Value {
    let region: Vec<Value> = found
        .region
        .iter()
        .map(|(x, y)| json!({ "x": x, "y": y }))
        .collect();
    json!({
        "barcodeValue": found.value,
        "type": found.name,
        "region": region,
        // The service responds with null if the value already contains the check digit.
        "checksum": null,
    })
}
