//! The effect of the parameters on the image file.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba};
use serde_json::json;

use crate::caller::{Caller, json, rejection};

fn load(file: &[u8]) -> DynamicImage {
    image::load_from_memory(file).unwrap()
}

pub(crate) fn size(file: &[u8]) -> (u32, u32) {
    let image = load(file);
    (image.width(), image.height())
}

#[tokio::test]
async fn defaults_are_those_of_the_service() {
    let caller = Caller::new().await;
    let file = caller.image("QR", &[("data", "Test")]).await;
    let image = load(&file);
    assert_eq!((image.width(), image.height()), (55, 55));
    assert_eq!(image.color(), image::ColorType::Rgba8);
    let png = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
    let dims = png.info().pixel_dims.unwrap();
    assert_eq!((dims.xppu, dims.unit), (3780, png::Unit::Meter));
    let version_2 = caller.image("QR", &[("data", &"x".repeat(20))]).await;
    assert_eq!(size(&version_2), (63, 63));

    let body = json(caller.scan(file).await).await;
    let barcode = &body["barcodes"][0];
    assert!(barcode["checksum"].is_null());
    // The size that the service produces, within a pixel.
    let seen = [(7, 6), (49, 6), (48, 48), (6, 49)];
    for (index, (x, y)) in seen.into_iter().enumerate() {
        let point = &barcode["region"][index];
        assert!((point["x"].as_i64().unwrap() - x).abs() <= 1, "{barcode}");
        assert!((point["y"].as_i64().unwrap() - y).abs() <= 1, "{barcode}");
    }
}

#[tokio::test]
async fn every_format_is_written_with_its_resolution_and_read() {
    let caller = Caller::new().await;
    for (name, content_type, format) in [
        ("Png", "image/png", ImageFormat::Png),
        ("Jpeg", "image/jpeg", ImageFormat::Jpeg),
        ("Gif", "image/gif", ImageFormat::Gif),
        ("Tiff", "image/tiff", ImageFormat::Tiff),
    ] {
        let query = [("data", "Test 1"), ("imageFormat", name), ("resolution", "150")];
        for kind in ["QR", "Code128", "Pdf417"] {
            let response = caller.generate(kind, &query).await;
            assert_eq!(response.headers()["content-type"], content_type);
            let file: Vec<u8> = response.bytes().await.unwrap().into();
            assert_eq!(image::guess_format(&file).unwrap(), format);
            match format {
                ImageFormat::Jpeg => assert_eq!(&file[13..18], [1, 0, 150, 0, 150]),
                ImageFormat::Tiff => {
                    let mut decoder = tiff::decoder::Decoder::new(Cursor::new(&file)).unwrap();
                    let unit = decoder.get_tag_u32(tiff::tags::Tag::ResolutionUnit).unwrap();
                    let resolution = decoder.get_tag(tiff::tags::Tag::XResolution).unwrap();
                    assert_eq!(unit, 2);
                    assert_eq!(resolution, tiff::decoder::ifd::Value::Rational(15000, 100));
                }
                _ => {}
            }
            caller.assert_reads(kind, "Test 1", file).await;
        }
    }
    // BMP is read, although it cannot be requested.
    let mut bmp = Cursor::new(Vec::new());
    load(&caller.image("QR", &[("data", "Test 1")]).await)
        .write_to(&mut bmp, ImageFormat::Bmp)
        .unwrap();
    caller.assert_reads("QR", "Test 1", bmp.into_inner()).await;
}

#[tokio::test]
async fn svg_has_the_bars_the_text_and_the_colors() {
    let caller = Caller::new().await;
    let query = [
        ("data", "<A&B>"),
        ("imageFormat", "Svg"),
        ("foregroundColor", "Red"),
        ("backgroundColor", "#80FFFFFF"),
    ];
    let response = caller.generate("Code128", &query).await;
    assert_eq!(response.headers()["content-type"], "image/svg+xml");
    let svg = response.text().await.unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains(">&lt;A&amp;B&gt;</text>"));
    assert!(
        svg.contains(r##"fill="#ff0000""##)
            && svg.contains(r##"fill="#ffffff" fill-opacity="0.5"##)
    );
    let turned = [("data", "1"), ("imageFormat", "Svg"), ("rotationAngle", "90")];
    let upright = [("data", "1"), ("imageFormat", "Svg"), ("textLocation", "None")];
    let upright = String::from_utf8(caller.image("Code128", &upright).await).unwrap();
    let turned = String::from_utf8(caller.image("Code128", &turned).await).unwrap();
    assert!(upright.contains(r#"width="105" height="63""#), "{upright}");
    assert!(!upright.contains("<text"));
    assert!(turned.contains(r#"width="80" height="105""#), "{turned}");
}

#[tokio::test]
async fn colors_are_applied_to_the_image() {
    let caller = Caller::new().await;
    for (foreground, background, dark, light) in [
        ("Green", "AliceBlue", [0, 128, 0, 255], [240, 248, 255, 255]),
        ("#FF5733", "0xffe", [255, 87, 51, 255], [255, 255, 238, 255]),
        ("#C0000000", "Transparent", [0, 0, 0, 192], [255, 255, 255, 0]),
    ] {
        let query =
            [("data", "Test"), ("foregroundColor", foreground), ("backgroundColor", background)];
        let file = caller.image("QR", &query).await;
        let image = load(&file).into_rgba8();
        // A corner of the image, and a corner of the finder pattern.
        assert_eq!(image.get_pixel(0, 0), &Rgba(light));
        assert_eq!(image.get_pixel(7, 7), &Rgba(dark));
        assert_eq!(caller.recognize("QR", file).await.len(), 1, "{foreground}");
    }
    let response = caller.generate("QR", &[("data", "1"), ("foregroundColor", "Blurple")]).await;
    let message = rejection(response).await;
    assert!(message.contains("'ForegroundColor' errors: The value 'Blurple' is not a color."));
}

#[tokio::test]
async fn size_units_and_resolution_are_applied() {
    let caller = Caller::new().await;
    let sized =
        |width: &'static str, height: &'static str, unit: &'static str, dpi: &'static str| {
            [
                ("data", "Test"),
                ("imageWidth", width),
                ("imageHeight", height),
                ("units", unit),
                ("resolution", dpi),
            ]
        };
    for (query, expected) in [
        (sized("300", "200", "Pixel", "96"), (300, 200)),
        (sized("2", "1", "Inch", "150"), (300, 150)),
        (sized("50.8", "25.4", "Millimeter", "96"), (192, 96)),
        (sized("144", "72", "Point", "96"), (192, 96)),
    ] {
        for kind in ["QR", "Code128", "DataMatrix"] {
            let file = caller.image(kind, &query).await;
            assert_eq!(size(&file), expected, "{kind} {query:?}");
            caller.assert_reads(kind, "Test", file).await;
        }
    }
    for (parameter, value, expected) in
        [("resolution", "192", (110, 110)), ("imageWidth", "100", (100, 97))]
    {
        let file = caller.image("QR", &[("data", "Test"), (parameter, value)]).await;
        assert_eq!(size(&file), expected);
    }
    for (kind, parameter, value, field) in [
        ("Code128", "imageWidth", "40", "ImageWidth"),
        ("QR", "imageHeight", "20", "ImageHeight"),
        ("Code128", "imageHeight", "20", "ImageHeight"),
        ("QR", "imageWidth", "-1", "ImageWidth"),
        ("QR", "imageWidth", "1e30", "ImageWidth"),
    ] {
        let query = [("data", "Test"), (parameter, value)];
        let response = caller.generate(kind, &query).await;
        let message = rejection(response).await;
        assert!(message.contains(&format!("'{field}'")), "{message}");
    }
}

#[tokio::test]
async fn a_rotated_image_is_still_read() {
    let caller = Caller::new().await;
    for angle in ["90", "180", "270", "-90", "450"] {
        for kind in ["QR", "Aztec", "DataMatrix", "Pdf417", "Code128", "EAN13"] {
            let data = if kind == "EAN13" { "4006381333931" } else { "Test" };
            let query = [("data", data), ("rotationAngle", angle)];
            let file = caller.image(kind, &query).await;
            caller.assert_reads(kind, data, file).await;
        }
    }
    let upright = size(&caller.image("Code128", &[("data", "Test")]).await);
    let turned = caller.image("Code128", &[("data", "Test"), ("rotationAngle", "90")]).await;
    assert_eq!(size(&turned), (upright.1, upright.0));
    for kind in ["QR", "DataMatrix"] {
        let query = [("data", "Test"), ("rotationAngle", "30"), ("resolution", "192")];
        let file = caller.image(kind, &query).await;
        assert_eq!(caller.recognize(kind, file).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn text_is_printed_at_the_requested_location() {
    let caller = Caller::new().await;
    let at = |location: &'static str| [("data", "Test"), ("textLocation", location)];
    let below = caller.image("Code128", &at("Below")).await;
    let above = caller.image("Code128", &at("Above")).await;
    let none = caller.image("Code128", &at("None")).await;
    assert_eq!(caller.image("Code128", &[("data", "Test")]).await, below, "the default");
    assert!(size(&none).1 < size(&below).1);
    assert_eq!(size(&above), size(&below));
    // The bars fill the rows without text, so a bar at the top means that the text is at the
    // bottom.
    let is_bar = |file: &[u8], y: u32| {
        let image = load(file).into_luma8();
        image.get_pixel(6, y).0[0] < 128
    };
    assert!(is_bar(&below, 7) && !is_bar(&above, 7));
    assert!(is_bar(&above, size(&above).1 - 9) && !is_bar(&below, size(&below).1 - 9));
    assert_eq!(
        caller.image("QR", &at("None")).await,
        caller.image("QR", &[("data", "Test")]).await
    );
    for location in ["Below", "Above"] {
        let file = caller.image("QR", &at(location)).await;
        assert!(size(&file).1 > 55);
        assert_eq!(caller.recognize("QR", file).await.len(), 1);
    }
}

#[tokio::test]
async fn the_options_of_qr_code128_and_pdf417_change_the_symbol() {
    let caller = Caller::new().await;
    for (kind, parameter, value, expected) in [
        ("QR", "qrVersion", "Version10", Some((127, 127))),
        ("QR", "qrVersion", "Auto", Some((55, 55))),
        ("QR", "qrErrorLevel", "LevelL", Some((55, 55))),
        ("QR", "qrErrorLevel", "LevelH", Some((63, 63))),
        ("QR", "qrEncodeMode", "ECI", None),
        ("QR", "qrEncodeMode", "Binary", None),
        ("QR", "qrECIEncoding", "UTF8", None),
        ("QR", "qrECIEncoding", "NONE", Some((55, 55))),
        ("QR", "qrAspectRatio", "1", Some((55, 55))),
        ("Code128", "code128EncodeMode", "CodeB", None),
        ("Code128", "code128EncodeMode", "Auto", None),
        ("Pdf417", "pdf417Columns", "6", Some((355, 31))),
        ("Pdf417", "pdf417Rows", "20", Some((185, 133))),
        ("Pdf417", "pdf417ErrorLevel", "Level5", None),
        ("Pdf417", "pdf417AspectRatio", "5", None),
        ("Pdf417", "pdf417EncodeMode", "Binary", None),
        ("Pdf417", "pdf417Truncate", "true", None),
    ] {
        let query = [("data", "Testing12"), (parameter, value)];
        let file = caller.image(kind, &query).await;
        if let Some(expected) = expected {
            assert_eq!(size(&file), expected, "{kind} {parameter} {value}");
        }
        caller.assert_reads(kind, "Testing12", file).await;
    }
    let code_c = [("data", "1234"), ("code128EncodeMode", "CodeC")];
    let code_b = [("data", "1234"), ("code128EncodeMode", "CodeB")];
    let code_c = caller.image("Code128", &code_c).await;
    let code_b = caller.image("Code128", &code_b).await;
    assert!(size(&code_c).0 < size(&code_b).0);
    // The options of another type have no effect.
    let other = [("data", "Test"), ("qrVersion", "Version10"), ("pdf417IsLinked", "true")];
    assert_eq!(caller.image("Aztec", &other).await, caller.image("Aztec", &other[..1]).await);
}

#[tokio::test]
async fn character_sets_are_written_and_read() {
    let caller = Caller::new().await;
    const SETS: &str = "ISO_8859_1=Grüße, ISO_8859_2=Zażółć, ISO_8859_5=Привет, ISO_8859_7=Γειά, Win1250=Zażółć, \
        Win1251=Привет, Win1252=€ 5, Win1256=مرحبا, Shift_JIS=日本語, Big5=中文, GB2312=中文, GB18030=中文, \
        EUC_KR=한국어, UTF8=Привет 🙂, UTF16BE=Привет, UTF32BE=Привет, UTF32LE=Привет, ISO_8859_3=Ħ, \
        ISO_8859_4=Ŗ, ISO_8859_6=ش, ISO_8859_8=ש, ISO_8859_9=Ğ, ISO_8859_10=Ŋ, ISO_8859_11=ก, \
        ISO_8859_13=Ø, ISO_8859_14=Ŵ, ISO_8859_15=€, ISO_8859_16=Ș, US_ASCII=plain";
    for pair in SETS.split(", ") {
        let (set, text) = pair.split_once('=').unwrap();
        for (kind, parameter) in [("QR", "qrECIEncoding"), ("Pdf417", "pdf417ECIEncoding")] {
            let file = caller.image(kind, &[("data", text), (parameter, set)]).await;
            caller.assert_reads(kind, text, file).await;
        }
    }
    let response = caller.generate("QR", &[("data", "ж"), ("qrECIEncoding", "ISO_8859_1")]).await;
    assert!(rejection(response).await.contains("'Data'"));
}

#[tokio::test]
async fn bytes_may_be_given_as_base64_or_hexadecimal() {
    let caller = Caller::new().await;
    for (kind, data_type, data, value) in [
        ("QR", "Base64Bytes", "VGVzdA==", "Test"),
        ("QR", "HexBytes", "54 65 73 74", "Test"),
        ("QR", "Base64Bytes", "0J/RgNC40LLQtdGC", "Привет"),
        ("QR", "HexBytes", "ff00fe80", "ÿ\0þ\u{80}"),
        ("Aztec", "HexBytes", "ff00fe80", "ÿ\0þ\u{80}"),
        ("DataMatrix", "HexBytes", "ff00fe80", "ÿ\0þ\u{80}"),
        ("Pdf417", "HexBytes", "ff00fe80", "ÿ\0þ\u{80}"),
        ("Code128", "HexBytes", "5445", "TE"),
        ("EAN13", "Base64Bytes", "NDAwNjM4MTMzMzkzMQ==", "4006381333931"),
    ] {
        let body =
            json!({ "barcodeType": kind, "encodeData": { "data": data, "dataType": data_type } });
        let response = caller.post_json("/barcode/generate-body", &body).await;
        assert_eq!(response.status(), 200, "{kind} {data}");
        let file: Vec<u8> = response.bytes().await.unwrap().into();
        caller.assert_reads(kind, value, file).await;
    }
    for (kind, data_type, data) in [
        ("QR", "Base64Bytes", "***"),
        ("QR", "HexBytes", "abc"),
        ("QR", "HexBytes", "zz"),
        ("QR", "HexBytes", " "),
        ("Code128", "HexBytes", "ff"),
    ] {
        let response = caller.generate(kind, &[("data", data), ("dataType", data_type)]).await;
        assert!(rejection(response).await.contains("'Data'"));
    }
}

#[tokio::test]
async fn the_region_of_a_rotated_barcode_encloses_it() {
    let caller = Caller::new().await;
    for kind in ["QR", "DataMatrix", "Aztec", "Pdf417"] {
        for angle in ["0", "90", "180", "270"] {
            let query = [("data", "Test"), ("rotationAngle", angle)];
            let file = caller.image(kind, &query).await;
            let (width, height) = size(&file);
            let body = json(caller.scan(file).await).await;
            // The margin is the same on all sides.
            let (right, bottom) = (i64::from(width) - 7, i64::from(height) - 7);
            let corners = [(6, 6), (right, 6), (right, bottom), (6, bottom)];
            for (index, (x, y)) in corners.into_iter().enumerate() {
                let point = &body["barcodes"][0]["region"][index];
                let off = |name: &str, at: i64| (point[name].as_i64().unwrap() - at).abs();
                assert!(off("x", x) <= 3 && off("y", y) <= 3, "{kind} {angle}: {body}");
            }
        }
    }
}
