//! Which options have a meaning for which types: the service passes over the others, and nobody would notice. What has
//! none is refused before it is sent.

use barcode_cloud_client::types::{EncodeBarcodeType as Type, GenerateParams};

use crate::error::InvalidInput;

const QR: &[Type] = &[Type::Qr, Type::Gs1qr, Type::MicroQr, Type::RectMicroQr];
const FULL_QR: &[Type] = &[Type::Qr, Type::Gs1qr];
const MICRO_QR: &[Type] = &[Type::MicroQr];
const RECT_MICRO_QR: &[Type] = &[Type::RectMicroQr];
const CODE_128: &[Type] = &[Type::Code128];
const PDF417: &[Type] = &[
    Type::Pdf417,
    Type::MacroPdf417,
    Type::MicroPdf417,
    Type::Gs1MicroPdf417,
];
const MICRO_PDF417: &[Type] = &[Type::MicroPdf417, Type::Gs1MicroPdf417];

/// Refuses options that mean nothing to the type, and sizes that are none.
pub(crate) fn check(params: &GenerateParams) -> Result<(), InvalidInput> {
    // Most requests set nothing. All fields are named, so that a new group is not passed over.
    if let GenerateParams {
        barcode_type: _,
        encode_data: _,
        barcode_image_params: None,
        qr_params: None,
        code128_params: None,
        pdf417_params: None,
    } = params
    {
        return Ok(());
    }
    for (name, is_set, types) in used(params) {
        if is_set && !types.contains(&params.barcode_type) {
            return Err(refusal(name, params.barcode_type, types));
        }
    }
    let Some(image) = &params.barcode_image_params else {
        return Ok(());
    };
    for (name, size) in [
        ("imageWidth", image.image_width),
        ("imageHeight", image.image_height),
    ] {
        if size.is_some_and(|size| !(size.is_finite() && size > 0.0)) {
            let reason = "is no size; give a number above 0, or leave it out";
            return Err(InvalidInput::new(name, reason));
        }
    }
    Ok(())
}

/// Each group and each option with types of its own: whether it is set, and whom it means something to.
fn used(params: &GenerateParams) -> [(&'static str, bool, &'static [Type]); 8] {
    let qr = params.qr_params.as_ref();
    let pdf417 = params.pdf417_params.as_ref();
    [
        ("qrParams", qr.is_some(), QR),
        (
            "qrVersion",
            qr.is_some_and(|qr| qr.qr_version.is_some()),
            FULL_QR,
        ),
        (
            "microQRVersion",
            qr.is_some_and(|qr| qr.micro_qr_version.is_some()),
            MICRO_QR,
        ),
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

fn refusal(name: &'static str, barcode_type: Type, types: &[Type]) -> InvalidInput {
    let types: Vec<_> = types.iter().map(ToString::to_string).collect();
    let types = types.join(", ");
    InvalidInput::new(
        name,
        format!(
            "means nothing to the type {barcode_type}, only to {types}; leave it out or change the type"
        ),
    )
}

#[cfg(test)]
mod tests {
    use barcode_cloud_client::types::EncodeBarcodeType as Type;
    use serde_json::{Value, json};

    use super::{check, used};

    fn document() -> Value {
        serde_json::from_str(include_str!("../../../../openapi/barcode-v4.json")).unwrap()
    }

    fn params(barcode_type: &str, extra: Value) -> barcode_cloud_client::types::GenerateParams {
        let mut params = json!({"barcodeType": barcode_type, "encodeData": {"data": "x"}});
        let fields = params.as_object_mut().unwrap();
        fields.extend(extra.as_object().unwrap().clone());
        serde_json::from_value(params).unwrap()
    }

    /// The types that a text of the document names in backticks.
    fn named(text: &Value) -> Vec<Type> {
        let words = text.as_str().unwrap().split('`').skip(1).step_by(2);
        words.filter_map(|word| word.parse().ok()).collect()
    }

    #[test]
    fn the_types_of_each_option_are_those_that_the_document_names() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        for (name, _, types) in used(&params("QR", json!({}))) {
            let group = &schemas["GenerateParams"]["properties"][name];
            if group.is_object() {
                assert_eq!(named(&group["description"]), types, "{name}");
                continue;
            }
            let field = ["QrParams", "Pdf417Params"]
                .map(|group| &schemas[group]["properties"][name]["description"]);
            let field = field.into_iter().find(|text| text.is_string()).unwrap();
            let named = named(field);
            assert!(!named.is_empty(), "{name}");
            // A GS1 type is a symbol of the type that it is drawn as.
            assert!(named.iter().all(|named| types.contains(named)), "{name}");
        }
    }

    #[test]
    fn an_option_of_another_type_is_refused_with_the_types_it_is_for() {
        for (barcode_type, extra, begins) in [
            (
                "Code128",
                json!({"qrParams": {}}),
                "qrParams: means nothing to the type Code128, only to QR, GS1QR",
            ),
            (
                "MicroQR",
                json!({"qrParams": {"qrVersion": "Version05"}}),
                "qrVersion: means nothing",
            ),
            (
                "QR",
                json!({"qrParams": {"microQRVersion": "M1"}}),
                "microQRVersion: means nothing",
            ),
            (
                "QR",
                json!({"code128Params": {}}),
                "code128Params: means nothing",
            ),
            (
                "Pdf417",
                json!({"pdf417Params": {"pdf417IsLinked": true}}),
                "pdf417IsLinked: means nothing",
            ),
        ] {
            let error = check(&params(barcode_type, extra)).unwrap_err();
            assert!(error.to_string().starts_with(begins), "{error}");
        }
    }

    #[test]
    fn a_size_that_is_none_is_refused() {
        let mut odd = params("QR", json!({"barcodeImageParams": {"imageWidth": 10.0}}));
        assert!(check(&odd).is_ok());
        for size in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            odd.barcode_image_params.as_mut().unwrap().image_width = Some(size);
            let error = check(&odd).unwrap_err().to_string();
            assert!(error.starts_with("imageWidth: is no size"), "{error}");
        }
    }
}
