//! The types that rxing writes or reads, one entry each.

use rxing::BarcodeFormat::{
    self, AZTEC, CODABAR, CODE_39, CODE_93, CODE_128, DATA_MATRIX, EAN_8, EAN_13, ITF, MAXICODE,
    MICRO_QR_CODE, PDF_417, QR_CODE, RECTANGULAR_MICRO_QR_CODE, RSS_14, RSS_EXPANDED, UPC_E,
};

use super::values::*;
use super::{Decode, Kind, Symbology, WrittenBy, full_ascii, gs1};

type Encode = fn(&str) -> Result<String, String>;
type Read = fn(&str) -> Option<String>;

const fn entry(name: &'static str, format: BarcodeFormat, encode: Encode) -> Symbology {
    Symbology {
        name,
        kind: Kind::Rxing(format),
        linear: !matches!(
            format,
            QR_CODE
                | MICRO_QR_CODE
                | RECTANGULAR_MICRO_QR_CODE
                | AZTEC
                | DATA_MATRIX
                | PDF_417
                | MAXICODE
        ),
        gs1: false,
        common: false,
        written_by: WrittenBy::Rxing,
        encode,
        decode: Decode::Text,
    }
}

const fn gs1(name: &'static str, format: BarcodeFormat) -> Symbology {
    entry(name, format, gs1_write).gs1(gs1::bracketed).common()
}

const fn hibc(name: &'static str, format: BarcodeFormat, read: Read) -> Symbology {
    entry(name, format, nothing).reads(read).unwritten()
}

const fn databar_14(name: &'static str) -> Symbology {
    entry(name, RSS_14, databar).reads(read_databar).zint()
}

const fn databar_expanded(name: &'static str) -> Symbology {
    let entry = entry(name, RSS_EXPANDED, gs1_write);
    entry.reads(read_databar_expanded).zint()
}

impl Symbology {
    const fn common(mut self) -> Self {
        self.common = true;
        self
    }

    const fn gs1(mut self, read: Read) -> Self {
        self.gs1 = true;
        self.reads(read)
    }

    const fn if_valid(mut self) -> Self {
        self.decode = Decode::IfValid;
        self
    }

    const fn reads(mut self, read: Read) -> Self {
        self.decode = Decode::With(read);
        self
    }

    const fn unwritten(mut self) -> Self {
        self.written_by = WrittenBy::Nothing;
        self
    }

    const fn zint(mut self) -> Self {
        self.written_by = WrittenBy::Zint;
        self
    }
}

/// If two types share a symbol, the first that matches determines the reported name.
pub(super) static SYMBOLOGIES: &[Symbology] = &[
    hibc("HIBCQRLIC", QR_CODE, read_hibc_lic),
    hibc("HIBCQRPAS", QR_CODE, read_hibc_pas),
    gs1("GS1QR", QR_CODE),
    entry("QR", QR_CODE, any).common(),
    entry("MicroQR", MICRO_QR_CODE, any).zint(),
    entry("RectMicroQR", RECTANGULAR_MICRO_QR_CODE, any).zint(),
    hibc("HIBCAztecLIC", AZTEC, read_hibc_lic),
    hibc("HIBCAztecPAS", AZTEC, read_hibc_pas),
    entry("GS1Aztec", AZTEC, gs1_write).gs1(read_gs1_aztec).zint(),
    entry("Aztec", AZTEC, any).common(),
    entry("MaxiCode", MAXICODE, any).zint(),
    hibc("HIBCDataMatrixLIC", DATA_MATRIX, read_hibc_lic),
    hibc("HIBCDataMatrixPAS", DATA_MATRIX, read_hibc_pas),
    gs1("GS1DataMatrix", DATA_MATRIX),
    entry("DataMatrix", DATA_MATRIX, any).common(),
    entry("CompactPdf417", PDF_417, nothing).unwritten(),
    entry("Pdf417", PDF_417, any).common(),
    entry("AustralianPosteParcel", CODE_128, australian_parcel).gs1(read_australian_parcel),
    entry("SSCC18", CODE_128, |value| key(value, "00")).gs1(|content| read_key(content, "00")),
    entry("EAN14", CODE_128, |value| key(value, "01")).gs1(|content| read_key(content, "01")),
    entry("SCC14", CODE_128, |value| key(value, "01")).gs1(|content| read_key(content, "01")),
    gs1("GS1Code128", CODE_128),
    hibc("HIBCCode128LIC", CODE_128, read_hibc_lic),
    hibc("HIBCCode128PAS", CODE_128, read_hibc_pas),
    entry("SwissPostParcel", CODE_128, swiss_parcel).if_valid(),
    entry("Code128", CODE_128, ascii).common(),
    hibc("HIBCCode39LIC", CODE_39, read_hibc_lic),
    hibc("HIBCCode39PAS", CODE_39, read_hibc_pas),
    entry("PZN", CODE_39, pzn).reads(read_pzn),
    entry("Code32", CODE_39, code32).reads(read_code32),
    entry("VIN", CODE_39, vin).if_valid(),
    entry("Code39", CODE_39, code39).common(),
    entry("Code39FullASCII", CODE_39, code39_full_ascii).reads(full_ascii::decode),
    entry("Code93", CODE_93, ascii).common(),
    entry("Codabar", CODABAR, codabar).common(),
    entry("UPCA", EAN_13, upca).reads(read_upca).common(),
    entry("ISMN", EAN_13, |value| bookland(value, &["9790"])).if_valid(),
    entry("ISBN", EAN_13, |value| bookland(value, ISBN)).if_valid(),
    entry("ISSN", EAN_13, |value| bookland(value, &["977"])).if_valid(),
    entry("EAN13", EAN_13, |value| complete(value, 13)).common(),
    entry("EAN8", EAN_8, |value| complete(value, 8)).common(),
    entry("UPCE", UPC_E, upce).common(),
    entry("ITF14", ITF, |value| complete(value, 14)).if_valid().common(),
    entry("ITF6", ITF, |value| complete(value, 6)).if_valid(),
    entry("OPC", ITF, opc).if_valid(),
    entry("ItalianPost25", ITF, italian_post).if_valid(),
    entry("DeutschePostIdentcode", ITF, |value| deutsche_post(value, 12)).if_valid(),
    entry("DeutschePostLeitcode", ITF, |value| deutsche_post(value, 14)).if_valid(),
    entry("Interleaved2of5", ITF, interleaved).common(),
    databar_14("DatabarOmniDirectional"),
    databar_14("DatabarTruncated"),
    databar_14("DatabarStacked"),
    databar_14("DatabarStackedOmniDirectional"),
    databar_expanded("DatabarExpanded"),
    databar_expanded("DatabarExpandedStacked"),
    Symbology {
        kind: Kind::Unreadable,
        written_by: WrittenBy::Coupon,
        ..entry("UpcaGs1Code128Coupon", CODE_128, coupon)
    },
];
