//! The parameters of types that only zint writes: each changes the image or is rejected by name.

use crate::caller::{Caller, failure, rejection};
use crate::render_parameters::size;

/// Returns the size of the image, which must contain `data`.
async fn drawn(caller: &Caller, kind: &str, data: &str, query: &[(&str, &str)]) -> (u32, u32) {
    let query = [&[("data", data)], query].concat();
    let file = caller.image(kind, &query).await;
    let size = size(&file);
    caller.assert_reads(kind, data, file).await;
    size
}

async fn rejected(caller: &Caller, kind: &str, query: &[(&str, &str)], code: &str, field: &str) {
    let query = [&[("data", "1")], query].concat();
    let response = caller.generate(kind, &query).await;
    let (said, message) = failure(response, 400).await;
    assert_eq!(said, code, "{message}");
    assert!(message.contains(&format!("'{field}' errors:")), "{message}");
}

const UNSUPPORTED: &str = "errorNotSupportedBySandbox";
const INVALID: &str = "errorInvalidInputData";

#[tokio::test]
async fn the_version_of_a_micro_qr_sets_its_size() {
    let caller = Caller::new().await;
    let mut sizes = Vec::new();
    for version in ["M1", "M2", "M3", "M4"] {
        let (width, height) = drawn(&caller, "MicroQR", "1", &[("microQRVersion", version)]).await;
        assert_eq!(width, height);
        sizes.push(width);
    }
    let step = sizes[1] - sizes[0];
    assert!(step > 0 && sizes.windows(2).all(|pair| pair[1] - pair[0] == step));
    for (level, version) in [("LevelL", "M2"), ("LevelM", "M3"), ("LevelQ", "M4")] {
        let query = [("microQRVersion", version), ("qrErrorLevel", level)];
        drawn(&caller, "MicroQR", "1", &query).await;
    }
    let too_small = [("data", "letters"), ("microQRVersion", "M1")];
    let message = rejection(caller.generate("MicroQR", &too_small).await).await;
    assert!(message.contains("'Data' errors:"), "{message}");
    let level = [("qrErrorLevel", "LevelH")];
    rejected(&caller, "MicroQR", &level, INVALID, "QrErrorLevel").await;
    let mode = [("qrEncodeMode", "ECI")];
    rejected(&caller, "MicroQR", &mode, UNSUPPORTED, "QrEncodeMode").await;
    let set = [("qrECIEncoding", "UTF8")];
    rejected(&caller, "MicroQR", &set, UNSUPPORTED, "QrECIEncoding").await;
}

#[tokio::test]
async fn the_version_of_a_rectangular_micro_qr_sets_its_sides() {
    let caller = Caller::new().await;
    let mut modules = None;
    for (version, height, width) in [
        ("R7x43", 7, 43),
        ("R9x139", 9, 139),
        ("R11x27", 11, 27),
        ("R13x77", 13, 77),
        ("R15x43", 15, 43),
        ("R17x139", 17, 139),
    ] {
        let query = [("rectMicroQrVersion", version)];
        let (wide, high) = drawn(&caller, "RectMicroQR", "1", &query).await;
        // The sizes of a module and of the margin are the same for all.
        let module = (wide - high) / (width - height);
        let margin = wide - width * module;
        assert_eq!(*modules.get_or_insert((module, margin)), (module, margin), "{version}");
        assert_eq!(high, height * module + margin, "{version}");
    }
    for level in ["LevelM", "LevelH"] {
        drawn(&caller, "RectMicroQR", "1", &[("qrErrorLevel", level)]).await;
    }
    for level in ["LevelL", "LevelQ"] {
        let level = [("qrErrorLevel", level)];
        rejected(&caller, "RectMicroQR", &level, INVALID, "QrErrorLevel").await;
    }
}

#[tokio::test]
async fn bytes_that_are_not_text_are_written_as_bytes() {
    let caller = Caller::new().await;
    for kind in ["MicroPdf417", "MacroPdf417", "RectMicroQR"] {
        let query = [("data", "e9ff41"), ("dataType", "HexBytes")];
        let file = caller.image(kind, &query).await;
        caller.assert_reads(kind, "éÿA", file).await;
    }
}

#[tokio::test]
async fn the_kinds_of_pdf417_support_the_options_of_the_standard() {
    let caller = Caller::new().await;
    let data = "Several columns of text";
    for kind in ["MicroPdf417", "MacroPdf417"] {
        let one = drawn(&caller, kind, data, &[("pdf417Columns", "1")]).await;
        let four = drawn(&caller, kind, data, &[("pdf417Columns", "4")]).await;
        assert!(one.0 < four.0 && one.1 > four.1, "{kind}: {one:?} {four:?}");
        let low = drawn(&caller, kind, data, &[("pdf417AspectRatio", "3")]).await;
        let high = drawn(&caller, kind, data, &[("pdf417AspectRatio", "5")]).await;
        assert!(low.0 == high.0 && low.1 < high.1, "{kind}: {low:?} {high:?}");
        let truncated = [("pdf417Truncate", "true")];
        rejected(&caller, kind, &truncated, UNSUPPORTED, "Pdf417Truncate").await;
        let mode = [("pdf417EncodeMode", "Binary")];
        rejected(&caller, kind, &mode, UNSUPPORTED, "Pdf417EncodeMode").await;
    }
    // Sizes that cannot hold the data are rejected and not changed.
    let long = "long text ".repeat(8);
    for (kind, query) in [
        ("MicroPdf417", &[("pdf417Columns", "1")][..]),
        ("MacroPdf417", &[("pdf417Columns", "1"), ("pdf417Rows", "3")][..]),
    ] {
        let query = [&[("data", &*long)], query].concat();
        let message = rejection(caller.generate(kind, &query).await).await;
        assert!(message.contains("'Data' errors:"), "{kind}: {message}");
    }
    let level = |level| [("pdf417ErrorLevel", level)];
    let low = drawn(&caller, "MacroPdf417", data, &level("Level0")).await;
    let high = drawn(&caller, "MacroPdf417", data, &level("Level5")).await;
    assert!(low.0 * low.1 < high.0 * high.1);
    let rows = [("pdf417Rows", "20"), ("pdf417Columns", "3")];
    drawn(&caller, "MacroPdf417", data, &rows).await;
    rejected(&caller, "MicroPdf417", &level("Level1"), INVALID, "Pdf417ErrorLevel").await;
    let columns = [("pdf417Columns", "5")];
    rejected(&caller, "MicroPdf417", &columns, INVALID, "Pdf417Columns").await;
    let rows = [("pdf417Rows", "10")];
    rejected(&caller, "MicroPdf417", &rows, UNSUPPORTED, "Pdf417Rows").await;
}
