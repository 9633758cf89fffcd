//! Reads the rows of a CSV or JSON Lines file, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Map, Value};
use tempfile::TempPath;

/// A row with its number, which is 1 for the first, and the columns that are not empty.
pub(super) struct Row {
    pub(super) number: u64,
    columns: Vec<(String, String)>,
}

/// The rows of a file.
pub(super) type Rows = Box<dyn Iterator<Item = anyhow::Result<Row>> + Send>;

impl Row {
    pub(super) fn new(number: u64, columns: impl IntoIterator<Item = (String, String)>) -> Self {
        let columns = columns.into_iter().filter(|(_, value)| !value.is_empty());
        Self { number, columns: columns.collect() }
    }

    pub(super) fn get(&self, column: &str) -> Option<&str> {
        let found = self.columns.iter().find(|(name, _)| name == column)?;
        Some(&found.1)
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        let columns = self.columns.iter();
        columns.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// A file with rows, which can be read several times.
pub(super) struct Input {
    path: PathBuf,
    /// The name of the file in error messages.
    name: String,
    is_csv: bool,
    /// Removes the copy of standard input when this is dropped.
    _copy: Option<TempPath>,
}

impl Input {
    /// Returns the input at `path`, whose extension selects the format. `-` is standard input.
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Self::copy(io::stdin().lock());
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_csv = match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
            "csv" => true,
            "jsonl" | "ndjson" => false,
            _ => bail!("--from: {} is neither a .csv nor a .jsonl file", path.display()),
        };
        Ok(Self { path: path.to_owned(), name: path.display().to_string(), is_csv, _copy: None })
    }

    /// Copies standard input into a temporary file. It has JSON Lines if it begins with `{`.
    fn copy(mut input: impl BufRead) -> anyhow::Result<Self> {
        let name = "standard input".to_owned();
        let begin = input.fill_buf().context("cannot read standard input")?;
        let is_csv = begin.trim_ascii_start().first() != Some(&b'{');
        let copied = tempfile::NamedTempFile::new().and_then(|mut file| {
            io::copy(&mut input, &mut file)?;
            file.flush()?;
            Ok(file.into_temp_path())
        });
        let copy = copied.context("cannot copy standard input into a temporary file")?;
        Ok(Self { path: copy.to_path_buf(), name, is_csv, _copy: Some(copy) })
    }

    pub(super) fn rows(&self) -> anyhow::Result<Rows> {
        let in_input = || self.name.clone();
        let file = File::open(&self.path).with_context(in_input)?;
        match self.is_csv {
            true => csv(file).with_context(in_input),
            false => Ok(json_lines(file)),
        }
    }
}

fn csv(file: File) -> anyhow::Result<Rows> {
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers()?.clone();
    let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    for (index, name) in header.iter().enumerate() {
        if header[..index].contains(name) {
            bail!("the column `{name}` occurs twice");
        }
    }
    if !header.iter().any(|name| name == "data") {
        bail!("the column `data` is missing; the first line has the columns {}", header.join(", "));
    }
    let records = (1..).zip(reader.into_records());
    Ok(Box::new(records.map(move |(number, record)| {
        let record = record?;
        let values = record.iter().map(str::to_owned);
        Ok(Row::new(number, header.iter().cloned().zip(values)))
    })))
}

fn json_lines(file: File) -> Rows {
    let lines = (1..).zip(BufReader::new(file).lines());
    let is_blank =
        |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.trim().is_empty());
    let lines = lines.filter(move |(_, line)| !is_blank(line));
    Box::new(lines.map(|(number, line)| {
        let object: Map<String, Value> = serde_json::from_str(&line?)
            .map_err(|error| anyhow!("row {number} is not a JSON object: {error}"))?;
        let columns = object.into_iter().map(|(name, value)| {
            let value = text(&name, value).with_context(|| format!("row {number}"))?;
            Ok((name, value))
        });
        let columns: anyhow::Result<Vec<_>> = columns.collect();
        Ok(Row::new(number, columns?))
    }))
}

/// Returns the text of a JSON value.
fn text(name: &str, value: Value) -> anyhow::Result<String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Bool(value) => Ok(value.to_string()),
        // The digits of other numbers may have been changed when they were read.
        Value::Number(number) if name == "data" && number.is_f64() => {
            bail!("`data` is a number that is not exact; write it as a string")
        }
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(_) | Value::Object(_) => bail!("`{name}` is not a single value"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Input, Row};

    /// Returns the rows of a file as text, up to and including the first error.
    fn read(extension: &str, content: &[u8]) -> Vec<String> {
        let mut file = tempfile::Builder::new().suffix(extension).tempfile().unwrap();
        file.write_all(content).unwrap();
        texts(Input::new(file.path()))
    }

    fn texts(input: anyhow::Result<Input>) -> Vec<String> {
        let rows = match input.and_then(|input| input.rows()) {
            Ok(rows) => rows,
            Err(error) => return vec![error.root_cause().to_string()],
        };
        let text = |row: Row| {
            let columns: Vec<_> =
                row.columns().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{}: {}", row.number, columns.join(" "))
        };
        rows.map(|row| row.map_or_else(|error| error.root_cause().to_string(), text)).collect()
    }

    #[test]
    fn both_formats_have_the_same_rows() {
        let csv = "\u{feff}data, id ,width\r\n\"a, \"\"b\"\"\",1,\r\nc,2,1.5\r\n";
        let json = "{\"data\": \"a, \\\"b\\\"\", \"id\": 1, \"width\": null}\n\
            {\"data\": \"c\", \"id\": \"2\", \"width\": 1.5}\n\n";
        let expected = ["1: data=a, \"b\" id=1", "2: data=c id=2 width=1.5"];
        assert_eq!(read(".csv", csv.as_bytes()), expected);
        assert_eq!(read(".jsonl", json.as_bytes()), expected);
        for text in [csv, json] {
            assert_eq!(texts(Input::copy(text.as_bytes())), expected);
        }
    }

    #[test]
    fn invalid_files_are_errors() {
        for (extension, content, expected) in [
            (".csv", &b"data,data\n"[..], "the column `data` occurs twice"),
            (
                ".csv",
                b"id;data\n1;x\n",
                "the column `data` is missing; the first line has the columns id;data",
            ),
            (".csv", b"", "the column `data` is missing"),
            (".csv", b"data,id\nx\n", "found record with 1 fields"),
            (".csv", b"data\n\xff\n", "invalid UTF-8"),
            (".jsonl", b"[1]\n", "row 1 is not a JSON object"),
            (".jsonl", b"{\"data\": 123456789012345678901234567890}\n", "not exact"),
            (".jsonl", b"{\"id\": [1]}\n", "`id` is not a single value"),
            (".txt", b"", "is neither a .csv nor a .jsonl file"),
        ] {
            let rows = read(extension, content);
            let last = rows.last().unwrap();
            assert!(last.contains(expected), "{last}");
        }
    }
}
