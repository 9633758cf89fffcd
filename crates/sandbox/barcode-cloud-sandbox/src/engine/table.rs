//! The types that the default engine has, one entry each.

use rxing::BarcodeFormat as Base;

use super::symbology::{Kind, Symbology, WrittenBy};
use super::values::*;
use super::{full_ascii, gs1};

const fn entry(
    name: &'static str,
    base: Base,
    write: fn(&str) -> Result<String, String>,
    read: fn(&str) -> Option<String>,
) -> Symbology {
    Symbology {
        name,
        kind: Kind::Rxing(base),
        linear: !matches!(
            base,
            Base::QR_CODE
                | Base::MICRO_QR_CODE
                | Base::RECTANGULAR_MICRO_QR_CODE
                | Base::AZTEC
                | Base::DATA_MATRIX
                | Base::PDF_417
                | Base::MAXICODE
        ),
        gs1: false,
        common: false,
        written_by: WrittenBy::Rxing,
        write,
        read,
    }
}

const fn gs1_entry(name: &'static str, base: Base) -> Symbology {
    Symbology {
        gs1: true,
        ..common(entry(name, base, gs1_write, gs1::bracketed))
    }
}

/// The types that rxing reads but does not write.
const fn read_only(symbology: Symbology) -> Symbology {
    Symbology {
        written_by: WrittenBy::Second,
        ..symbology
    }
}

const fn hibc(name: &'static str, base: Base, read: fn(&str) -> Option<String>) -> Symbology {
    read_only(entry(name, base, nothing, read))
}

const fn databar_entry(name: &'static str) -> Symbology {
    read_only(entry(name, Base::RSS_14, databar, read_databar))
}

const fn databar_expanded(name: &'static str) -> Symbology {
    let base = Base::RSS_EXPANDED;
    read_only(entry(name, base, gs1_write, read_databar_expanded))
}

const fn common(symbology: Symbology) -> Symbology {
    Symbology {
        common: true,
        ..symbology
    }
}

/// If two types share a symbol, the first that matches determines the reported name.
pub(crate) static SYMBOLOGIES: &[Symbology] = &[
    hibc("HIBCQRLIC", Base::QR_CODE, read_hibc_lic),
    hibc("HIBCQRPAS", Base::QR_CODE, read_hibc_pas),
    gs1_entry("GS1QR", Base::QR_CODE),
    common(entry("QR", Base::QR_CODE, any, same)),
    read_only(entry("MicroQR", Base::MICRO_QR_CODE, any, same)),
    read_only(entry(
        "RectMicroQR",
        Base::RECTANGULAR_MICRO_QR_CODE,
        any,
        same,
    )),
    hibc("HIBCAztecLIC", Base::AZTEC, read_hibc_lic),
    hibc("HIBCAztecPAS", Base::AZTEC, read_hibc_pas),
    Symbology {
        common: false,
        read: read_gs1_aztec,
        ..read_only(gs1_entry("GS1Aztec", Base::AZTEC))
    },
    common(entry("Aztec", Base::AZTEC, any, same)),
    read_only(entry("MaxiCode", Base::MAXICODE, any, same)),
    hibc("HIBCDataMatrixLIC", Base::DATA_MATRIX, read_hibc_lic),
    hibc("HIBCDataMatrixPAS", Base::DATA_MATRIX, read_hibc_pas),
    gs1_entry("GS1DataMatrix", Base::DATA_MATRIX),
    common(entry("DataMatrix", Base::DATA_MATRIX, any, same)),
    read_only(entry("CompactPdf417", Base::PDF_417, nothing, same)),
    common(entry("Pdf417", Base::PDF_417, any, same)),
    gs1_entry_of(
        "AustralianPosteParcel",
        australian_parcel,
        read_australian_parcel,
    ),
    Symbology {
        common: false,
        ..gs1_entry_of(
            "SSCC18",
            |value| key(value, "00"),
            |content| keyed(content, "00"),
        )
    },
    Symbology {
        common: false,
        ..gs1_entry_of(
            "EAN14",
            |value| key(value, "01"),
            |content| keyed(content, "01"),
        )
    },
    Symbology {
        common: false,
        ..gs1_entry_of(
            "SCC14",
            |value| key(value, "01"),
            |content| keyed(content, "01"),
        )
    },
    gs1_entry("GS1Code128", Base::CODE_128),
    hibc("HIBCCode128LIC", Base::CODE_128, read_hibc_lic),
    hibc("HIBCCode128PAS", Base::CODE_128, read_hibc_pas),
    entry(
        "SwissPostParcel",
        Base::CODE_128,
        swiss_parcel,
        read_swiss_parcel,
    ),
    common(entry("Code128", Base::CODE_128, ascii, same)),
    hibc("HIBCCode39LIC", Base::CODE_39, read_hibc_lic),
    hibc("HIBCCode39PAS", Base::CODE_39, read_hibc_pas),
    entry("PZN", Base::CODE_39, pzn, read_pzn),
    entry("Code32", Base::CODE_39, code32, read_code32),
    entry("VIN", Base::CODE_39, vin, |content| vin(content).ok()),
    common(entry("Code39", Base::CODE_39, code39, same)),
    entry(
        "Code39FullASCII",
        Base::CODE_39,
        code39_full_ascii,
        full_ascii::decode,
    ),
    common(entry("Code93", Base::CODE_93, ascii, same)),
    common(entry("Codabar", Base::CODABAR, codabar, same)),
    common(entry("UPCA", Base::EAN_13, upca, |content| {
        Some(content.strip_prefix('0')?.to_owned())
    })),
    entry(
        "ISMN",
        Base::EAN_13,
        |value| bookland(value, &["9790"]),
        |content| prefixed(content, &["9790"]),
    ),
    entry(
        "ISBN",
        Base::EAN_13,
        |value| bookland(value, ISBN),
        |content| prefixed(content, ISBN),
    ),
    entry(
        "ISSN",
        Base::EAN_13,
        |value| bookland(value, &["977"]),
        |content| prefixed(content, &["977"]),
    ),
    common(entry(
        "EAN13",
        Base::EAN_13,
        |value| complete(value, 13),
        same,
    )),
    common(entry("EAN8", Base::EAN_8, |value| complete(value, 8), same)),
    common(entry("UPCE", Base::UPC_E, upce, same)),
    common(entry(
        "ITF14",
        Base::ITF,
        |value| complete(value, 14),
        |content| completed(content, 14),
    )),
    entry(
        "ITF6",
        Base::ITF,
        |value| complete(value, 6),
        |content| completed(content, 6),
    ),
    entry("OPC", Base::ITF, opc, read_opc),
    entry("ItalianPost25", Base::ITF, italian_post, read_italian_post),
    entry(
        "DeutschePostIdentcode",
        Base::ITF,
        |value| deutsche_post(value, 12),
        |content| deutsche_posted(content, 12),
    ),
    entry(
        "DeutschePostLeitcode",
        Base::ITF,
        |value| deutsche_post(value, 14),
        |content| deutsche_posted(content, 14),
    ),
    common(entry("Interleaved2of5", Base::ITF, interleaved, same)),
    databar_entry("DatabarOmniDirectional"),
    databar_entry("DatabarTruncated"),
    databar_entry("DatabarStacked"),
    databar_entry("DatabarStackedOmniDirectional"),
    databar_expanded("DatabarExpanded"),
    databar_expanded("DatabarExpandedStacked"),
    Symbology {
        kind: Kind::Unread,
        written_by: WrittenBy::Coupon,
        ..entry("UpcaGs1Code128Coupon", Base::CODE_128, coupon, same)
    },
];

const fn gs1_entry_of(
    name: &'static str,
    write: fn(&str) -> Result<String, String>,
    read: fn(&str) -> Option<String>,
) -> Symbology {
    Symbology {
        gs1: true,
        ..entry(name, Base::CODE_128, write, read)
    }
}
