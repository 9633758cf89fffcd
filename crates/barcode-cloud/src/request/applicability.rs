//! Checks that each option applies to the barcode type. The service silently ignores options that
//! do not apply, so the client rejects them before the request is sent.

use barcode_cloud_client::types::{EncodeBarcodeType as Type, GenerateParams};

use super::options;
use crate::error::InvalidInput;

const QR: &[Type] = &[Type::Qr, Type::Gs1qr, Type::MicroQr, Type::RectMicroQr];
const FULL_QR: &[Type] = &[Type::Qr, Type::Gs1qr];
const MICRO_QR: &[Type] = &[Type::MicroQr];
const RECT_MICRO_QR: &[Type] = &[Type::RectMicroQr];
const CODE_128: &[Type] = &[Type::Code128];
const PDF417: &[Type] = &[Type::Pdf417, Type::MacroPdf417, Type::MicroPdf417, Type::Gs1MicroPdf417];
const MICRO_PDF417: &[Type] = &[Type::MicroPdf417, Type::Gs1MicroPdf417];

/// Rejects options that do not apply to the barcode type, and invalid sizes.
pub(crate) fn check(params: &GenerateParams) -> Result<(), InvalidInput> {
    // Most requests set no options.
    if let GenerateParams {
        barcode_image_params: None,
        qr_params: None,
        code128_params: None,
        pdf417_params: None,
        ..
    } = params
    {
        return Ok(());
    }
    for (name, is_set, types) in restricted_options(params) {
        if is_set && !types.contains(&params.barcode_type) {
            return Err(not_applicable(name, params.barcode_type, types));
        }
    }
    let Some(image) = &params.barcode_image_params else {
        return Ok(());
    };
    for (name, size) in [("imageWidth", image.image_width), ("imageHeight", image.image_height)] {
        if size.is_some_and(|size| !(size.is_finite() && size > 0.0)) {
            let reason = "is not a valid size; use a number greater than 0, or omit it";
            return Err(invalid(name, reason));
        }
    }
    Ok(())
}

/// Returns the options, and groups of options, that apply to some barcode types only: the name,
/// whether it is set, and the types it applies to.
fn restricted_options(params: &GenerateParams) -> [(&'static str, bool, &'static [Type]); 8] {
    let qr = params.qr_params.as_ref();
    let pdf417 = params.pdf417_params.as_ref();
    [
        ("qrParams", qr.is_some(), QR),
        ("qrVersion", qr.is_some_and(|qr| qr.qr_version.is_some()), FULL_QR),
        ("microQRVersion", qr.is_some_and(|qr| qr.micro_qr_version.is_some()), MICRO_QR),
        (
            "rectMicroQrVersion",
            qr.is_some_and(|qr| qr.rect_micro_qr_version.is_some()),
            RECT_MICRO_QR,
        ),
        ("code128Params", params.code128_params.is_some(), CODE_128),
        ("pdf417Params", pdf417.is_some(), PDF417),
        (
            "pdf417IsLinked",
            pdf417.is_some_and(|pdf417| pdf417.pdf417_is_linked.is_some()),
            MICRO_PDF417,
        ),
        (
            "pdf417IsCode128Emulation",
            pdf417.is_some_and(|pdf417| pdf417.pdf417_is_code128_emulation.is_some()),
            MICRO_PDF417,
        ),
    ]
}

fn not_applicable(name: &'static str, barcode_type: Type, types: &[Type]) -> InvalidInput {
    let types: Vec<_> = types.iter().map(ToString::to_string).collect();
    let types = types.join(", ");
    invalid(
        name,
        format!(
            "does not apply to the type {barcode_type}, only to {types}; omit it or change the type"
        ),
    )
}

/// Returns an error that names the setter of the parameter.
fn invalid(parameter: &'static str, reason: impl Into<String>) -> InvalidInput {
    InvalidInput::new(options::setter(parameter).unwrap_or(parameter), reason)
}

#[cfg(test)]
mod tests {
    use barcode_cloud_client::types::EncodeBarcodeType as Type;
    use serde_json::{Value, json};

    use super::{check, restricted_options};

    fn document() -> Value {
        serde_json::from_str(barcode_cloud_openapi::DOCUMENT).unwrap()
    }

    fn params(barcode_type: &str, extra: Value) -> barcode_cloud_client::types::GenerateParams {
        let mut params = json!({"barcodeType": barcode_type, "encodeData": {"data": "x"}});
        let fields = params.as_object_mut().unwrap();
        fields.extend(extra.as_object().unwrap().clone());
        serde_json::from_value(params).unwrap()
    }

    /// Returns the barcode types that a description in the document names in backticks.
    fn types_in(text: &Value) -> Vec<Type> {
        let words = text.as_str().unwrap().split('`').skip(1).step_by(2);
        words.filter_map(|word| word.parse().ok()).collect()
    }

    #[test]
    fn every_group_of_options_is_checked() {
        let document = document();
        let groups = &document["components"]["schemas"]["GenerateParams"]["properties"];
        // A new group has to be added to `check`, and to this list.
        let mut groups: Vec<_> = groups.as_object().unwrap().keys().collect();
        groups.sort();
        assert_eq!(
            groups,
            [
                "barcodeImageParams",
                "barcodeType",
                "code128Params",
                "encodeData",
                "pdf417Params",
                "qrParams",
            ]
        );
    }

    #[test]
    fn each_option_applies_to_the_types_that_the_document_names() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        for (name, _, types) in restricted_options(&params("QR", json!({}))) {
            let group = &schemas["GenerateParams"]["properties"][name];
            if group.is_object() {
                assert_eq!(types_in(&group["description"]), types, "{name}");
                continue;
            }
            let field = ["QrParams", "Pdf417Params"]
                .map(|group| &schemas[group]["properties"][name]["description"]);
            let field = field.into_iter().find(|text| text.is_string()).unwrap();
            let documented = types_in(field);
            assert!(!documented.is_empty(), "{name}");
            // The table may have more types: a GS1 symbol also takes the options of the symbology
            // that it uses.
            assert!(documented.iter().all(|documented| types.contains(documented)), "{name}");
        }
    }

    #[test]
    fn an_option_that_does_not_apply_is_rejected_with_the_types_it_applies_to() {
        for (barcode_type, extra, expected) in [
            (
                "Code128",
                json!({"qrParams": {}}),
                "qr: does not apply to the type Code128, only to QR, GS1QR",
            ),
            (
                "MicroQR",
                json!({"qrParams": {"qrVersion": "Version05"}}),
                "qr.version: does not apply",
            ),
            (
                "QR",
                json!({"qrParams": {"microQRVersion": "M1"}}),
                "qr.micro_version: does not apply",
            ),
            ("QR", json!({"code128Params": {}}), "code128: does not apply"),
            (
                "Pdf417",
                json!({"pdf417Params": {"pdf417IsLinked": true}}),
                "pdf417.linked: does not apply",
            ),
        ] {
            let error = check(&params(barcode_type, extra)).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }

    #[test]
    fn an_invalid_size_is_rejected() {
        let mut params = params("QR", json!({"barcodeImageParams": {"imageWidth": 10.0}}));
        assert!(check(&params).is_ok());
        for size in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            params.barcode_image_params.as_mut().unwrap().image_width = Some(size);
            let error = check(&params).unwrap_err().to_string();
            assert!(error.starts_with("render.width: is not a valid size"), "{error}");
        }
    }
}
