//! Turns rows into requests, with the options of the command line as defaults.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use aws_lc_rs::digest::{SHA256, digest};
use barcode_cloud::{Client, EncodeBarcodeType, Generate};

use super::super::options::{BarcodeOptions, OPTIONS, in_flags};
use super::super::{Arguments, offline, output};
use super::rows::{Input, Row, Rows};
use super::template::Template;
use crate::names;

/// Identifies a request and its file. A row that was changed has another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct JobId(pub(super) u128);

impl JobId {
    /// Returns the id of this text: the beginning of its SHA-256.
    pub(super) fn of(text: &str) -> Self {
        let bytes = digest(&SHA256, text.as_bytes());
        let bytes = bytes.as_ref().iter().take(16);
        Self(bytes.fold(0, |id, byte| id << 8 | u128::from(*byte)))
    }
}

/// The request of one row.
pub(super) struct Job {
    /// The number of the row.
    pub(super) row: u64,
    /// The path of the file below the output folder.
    pub(super) name: String,
    pub(super) id: JobId,
    barcode_type: EncodeBarcodeType,
    data: String,
    options: BarcodeOptions,
    unchecked: bool,
}

impl Job {
    pub(super) fn request(self, client: &Client) -> anyhow::Result<Generate> {
        let request = self.options.request(client, self.barcode_type, self.data.into())?;
        Ok(match self.unchecked {
            true => request.unchecked(),
            false => request,
        })
    }
}

/// How the rows of a file become requests.
pub(super) struct Plan {
    input: Input,
    template: Template,
    barcode_type: Option<EncodeBarcodeType>,
    options: BarcodeOptions,
    unchecked: bool,
}

impl Plan {
    pub(super) fn new(from: &Path, arguments: Arguments) -> anyhow::Result<Self> {
        Ok(Self {
            input: Input::new(from)?,
            template: Template::parse(&arguments.batch.name)?,
            barcode_type: arguments.barcode_type,
            options: arguments.options,
            unchecked: arguments.unchecked,
        })
    }

    pub(super) fn rows(&self) -> anyhow::Result<Rows> {
        self.input.rows()
    }

    /// Returns the requests of all rows in order.
    pub(super) fn jobs(&self) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Job>>> {
        Ok(self.rows()?.map(|row| self.job(&row?)))
    }

    /// Returns the request of a row.
    pub(super) fn job(&self, row: &Row) -> anyhow::Result<Job> {
        let name = self.template.name(row)?;
        let mut options = self.options.clone();
        for (column, value) in row.columns() {
            if let Some(option) = OPTIONS.iter().find(|option| option.flag == column) {
                (option.set)(&mut options, value).with_context(|| column.to_owned())?;
            }
        }
        output::select_format(Path::new(&name), &mut options)?;
        let barcode_type = match row.get("type") {
            Some(text) => names::parse("type", text, EncodeBarcodeType::ALL)?,
            None => self.barcode_type.context(
                "type: is missing; add a column `type`, or give TYPE on the command line",
            )?,
        };
        let data = row.get("data").unwrap_or_default().to_owned();
        let content = serde_json::to_string(&(
            (&name, barcode_type, &data, self.unchecked, options.data_type),
            (
                &options.barcode_image_params,
                &options.qr_params,
                &options.code128_params,
                &options.pdf417_params,
            ),
        ))?;
        Ok(Job {
            row: row.number,
            id: JobId::of(&content),
            name,
            barcode_type,
            data,
            options,
            unchecked: self.unchecked,
        })
    }

    /// Returns the columns of a row that are not used.
    pub(super) fn unused_columns<'a>(&self, row: &'a Row) -> BTreeSet<&'a str> {
        let is_option = |column: &str| OPTIONS.iter().any(|option| option.flag == column);
        row.columns()
            .map(|(column, _)| column)
            .filter(|column| !matches!(*column, "type" | "data"))
            .filter(|column| !is_option(column) && !self.template.uses(column))
            .collect()
    }
}

/// Checks requests without sending them.
pub(super) struct Checker(Client);

impl Checker {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self(offline()?))
    }

    pub(super) fn check(&self, job: Job) -> anyhow::Result<()> {
        job.request(&self.0)?.check().map_err(in_flags)
    }
}
