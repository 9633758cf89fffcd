//! `barcode types`: lists the barcode types, the data that they can hold, and whether the service
//! and the sandbox can write and read them.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;
use barcode_cloud::{DecodeBarcodeType, EncodeBarcodeType, rules};
use barcode_engine::Symbology;
use clap::Args;
use serde_json::json;

use crate::{NOTHING_FOUND, names};

/// The types that no build of the sandbox can write.
const NEVER_WRITTEN: &[&str] = &["PatchCode", "GS1MicroPdf417", "GS1HanXin", "GS1CodablockF"];
/// The types that only the sandbox with the feature `all-symbologies` can read.
const READ_WITH_FEATURE: &[&str] = &["DatabarLimited", "MacroPdf417", "MicroPdf417"];

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode types
  barcode types ean gs1
  barcode types --json")]
pub(crate) struct Arguments {
    /// Show only the types whose names contain one of these texts
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

/// Whether something can be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Support {
    Yes,
    /// Only in a build with the feature `all-symbologies`.
    WithFeature,
    No,
}

/// A barcode type.
struct Entry {
    name: String,
    service: [Support; 2],
    sandbox: [Support; 2],
    /// What the type can hold, in words.
    data: String,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let wanted: Vec<String> = arguments.names.iter().map(|name| names::simplified(name)).collect();
    let is_wanted = |entry: &Entry| {
        let name = names::simplified(&entry.name);
        wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted))
    };
    let entries: Vec<Entry> = all().into_iter().filter(is_wanted).collect();
    if arguments.json {
        let entries: Vec<_> = entries.iter().map(Entry::json).collect();
        let document = serde_json::to_string_pretty(&entries).context("cannot write JSON")?;
        writeln!(out, "{document}")?;
    } else {
        print(&entries, out)?;
    }
    Ok(match entries.is_empty() {
        true => ExitCode::from(NOTHING_FOUND),
        false => ExitCode::SUCCESS,
    })
}

/// Returns all types: those that can be generated, and those that can only be read.
fn all() -> Vec<Entry> {
    let written = EncodeBarcodeType::ALL.iter().map(ToString::to_string);
    let read: Vec<String> = DecodeBarcodeType::ALL.iter().map(ToString::to_string).collect();
    let mut entries: Vec<Entry> =
        written.map(|name| Entry::new(name.clone(), true, read.contains(&name))).collect();
    // These stand for several types.
    let is_type = |name: &String| !matches!(name.as_str(), "MostCommonlyUsed" | "All");
    for name in read.into_iter().filter(is_type) {
        if entries.iter().all(|entry| entry.name != name) {
            entries.push(Entry::new(name, false, true));
        }
    }
    entries
}

impl Entry {
    fn new(name: String, is_written: bool, is_read: bool) -> Self {
        let support = |is_supported| match is_supported {
            true => Support::Yes,
            false => Support::No,
        };
        let engine = Symbology::named(&name);
        let sandbox_writes = match engine.is_some_and(Symbology::can_write) {
            true => Support::Yes,
            false if !is_written || NEVER_WRITTEN.contains(&name.as_str()) => Support::No,
            false => Support::WithFeature,
        };
        let sandbox_reads = match engine.is_some_and(Symbology::can_read) {
            true => Support::Yes,
            false if READ_WITH_FEATURE.contains(&name.as_str()) => Support::WithFeature,
            false => Support::No,
        };
        Self {
            service: [support(is_written), support(is_read)],
            sandbox: [sandbox_writes, sandbox_reads],
            data: rules::rule(&name).map(ToString::to_string).unwrap_or_default(),
            name,
        }
    }

    fn json(&self) -> serde_json::Value {
        let sandbox = |support| match support {
            Support::Yes => json!(true),
            Support::WithFeature => json!("all-symbologies"),
            Support::No => json!(false),
        };
        json!({
            "type": self.name,
            "service": {
                "write": self.service[0] == Support::Yes,
                "read": self.service[1] == Support::Yes,
            },
            "sandbox": {"write": sandbox(self.sandbox[0]), "read": sandbox(self.sandbox[1])},
            "data": self.data,
        })
    }
}

fn print(entries: &[Entry], out: &mut impl Write) -> anyhow::Result<()> {
    let Some(width) = entries.iter().map(|entry| entry.name.len()).max() else {
        return Ok(());
    };
    writeln!(out, "{:width$}  {:12}  {:14}  DATA", "TYPE", "SERVICE", "SANDBOX")?;
    for entry in entries {
        let line = format!(
            "{:width$}  {:12}  {:14}  {}",
            entry.name,
            operations(entry.service),
            operations(entry.sandbox),
            entry.data
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    let with_feature = |entry: &Entry| entry.sandbox.contains(&Support::WithFeature);
    if entries.iter().any(with_feature) {
        writeln!(out)?;
        writeln!(
            out,
            "In parentheses: only if this program is built with --features all-symbologies."
        )?;
    }
    Ok(())
}

/// Returns the operations that are supported, such as `write (read)`.
fn operations(support: [Support; 2]) -> String {
    let operations = support.into_iter().zip(["write", "read"]);
    let operations = operations.filter_map(|(support, operation)| match support {
        Support::Yes => Some(operation.to_owned()),
        Support::WithFeature => Some(format!("({operation})")),
        Support::No => None,
    });
    match operations.collect::<Vec<_>>() {
        none if none.is_empty() => "-".to_owned(),
        some => some.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::{NEVER_WRITTEN, READ_WITH_FEATURE, Support, Symbology, all};

    /// The tests run in a build with the feature and in one without it, which check the lists from
    /// both sides.
    #[test]
    fn the_feature_adds_the_types_that_are_listed_and_no_others() {
        let can_write = |name: &str| Symbology::named(name).is_some_and(Symbology::can_write);
        let can_read = |name: &str| Symbology::named(name).is_some_and(Symbology::can_read);
        // Another crate can enable the feature of the sandbox.
        let has_feature = can_write("AustraliaPost");
        for name in NEVER_WRITTEN {
            assert!(!can_write(name), "{name}");
        }
        for name in READ_WITH_FEATURE {
            assert_eq!(can_read(name), has_feature, "{name}");
        }
        let entries = all();
        assert!(entries.len() > 80, "{}", entries.len());
        for entry in entries {
            let needs_feature = entry.sandbox.contains(&Support::WithFeature);
            assert!(!(has_feature && needs_feature), "{}", entry.name);
        }
    }

    #[test]
    fn every_type_that_can_be_generated_says_what_it_holds() {
        for entry in all() {
            let is_written = entry.service[0] == Support::Yes;
            assert_eq!(is_written, !entry.data.is_empty(), "{}", entry.name);
        }
    }
}
