//! Generates the table of types in the README: which engine writes and reads each type of the
//! document.
//!
//! The last cell of a row describes the values of the type. It is written by hand and kept.

use crate::Symbology;
use crate::symbology::WrittenBy;

const README: &str = include_str!("../../README.md");
const HEAD: &str =
    "| type | written by | read by | round trip | common | value |\n|---|---|---|---|---|---|\n";

/// The rows, as cells.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let table = README.split(HEAD).nth(1).unwrap_or_default();
    let lines = table.lines().take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
}

fn written_by(symbology: &Symbology) -> &'static str {
    match symbology.written_by {
        WrittenBy::Rxing | WrittenBy::Coupon => "rxing",
        WrittenBy::Zint => "zint",
        WrittenBy::Nothing => "",
    }
}

#[test]
fn lists_the_types_that_rxing_writes() {
    let by_default = Symbology::all().filter(|symbology| written_by(symbology) == "rxing");
    let mut known: Vec<_> =
        by_default.map(|symbology| (format!("`{}`", symbology.name), symbology.common)).collect();
    let listed = rows().filter(|cells| cells[1] == "rxing");
    let mut listed: Vec<_> = listed.map(|cells| (cells[0].to_owned(), cells[4] == "yes")).collect();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, known);
}

#[cfg(feature = "all-symbologies")]
mod whole {
    use std::collections::{BTreeSet, HashMap};
    use std::fmt::Write as _;

    use serde_json::Value;

    use super::*;
    use crate::symbology::Kind;
    use crate::tests::native::READABLE;
    use crate::tests::{SAMPLES, draw, read_as, samples};

    /// Generates the table and compares it with the README. With `UPDATE_README=1`, writes it to
    /// the README.
    #[test]
    fn lists_every_type_of_the_document() {
        let table = table();
        let (before, rest) = README.split_once(HEAD).unwrap();
        let after = rest.find("\n\n").unwrap() + 1;
        let wanted = format!("{before}{HEAD}{table}{}", &rest[after..]);
        if std::env::var_os("UPDATE_README").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
            std::fs::write(path, wanted).unwrap();
        } else {
            let command = "UPDATE_README=1 cargo test -p barcode-engine \
                           --features all-symbologies lists_every_type";
            assert!(README == wanted, "the table of types is outdated; update it with: {command}");
        }
    }

    fn table() -> String {
        let values: HashMap<_, _> = rows().map(|cells| (cells[0], cells[5])).collect();
        let mut left = types_of_the_document();
        let mut table = String::new();
        let mut row = |name: &str, cells: [&str; 4]| {
            let name = format!("`{name}`");
            let value = values.get(&*name).unwrap_or(&"");
            let [written, read, trip, common] = cells;
            writeln!(table, "| {name} | {written} | {read} | {trip} | {common} | {value} |")
                .unwrap();
        };
        for symbology in Symbology::all() {
            assert!(left.remove(symbology.name), "{} is not of the document", symbology.name);
            let trip = if symbology.can_write() && symbology.can_read() {
                round_trip(symbology.name)
            } else {
                ""
            };
            let common = if symbology.common { "yes" } else { "" };
            row(symbology.name, [written_by(symbology), read_by(symbology), trip, common]);
        }
        for name in left {
            row(&name, [""; 4]);
        }
        table
    }

    fn read_by(symbology: &Symbology) -> &'static str {
        match symbology.kind {
            Kind::Rxing(_) => "rxing or zxing-cpp",
            Kind::ZxingCpp(_) => "zxing-cpp",
            Kind::Unreadable => "",
        }
    }

    fn types_of_the_document() -> BTreeSet<String> {
        let document: Value = serde_json::from_str(barcode_cloud_openapi::DOCUMENT).unwrap();
        let types = ["EncodeBarcodeType", "DecodeBarcodeType"].map(|name| {
            let names = document["components"]["schemas"][name]["enum"].as_array().unwrap();
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        let mut types: BTreeSet<_> = types.concat().into_iter().collect();
        // Selects several types.
        types.remove("MostCommonlyUsed");
        types
    }

    /// Whether the samples of a type are read as they were written.
    fn round_trip(name: &str) -> &'static str {
        let all = samples(SAMPLES).chain(samples(READABLE));
        let mut samples = all.filter(|sample| sample.0 == name).peekable();
        assert!(samples.peek().is_some(), "{name} has no samples");
        let is_equal = |(_, value): (&str, &str)| {
            let read = read_as(name, &draw(name, value).unwrap());
            matches!(&*read, [(_, found)] if found == value)
        };
        if samples.all(is_equal) { "yes" } else { "no" }
    }
}
