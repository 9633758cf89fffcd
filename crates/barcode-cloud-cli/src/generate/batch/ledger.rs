//! The ledger of a batch: an append-only file with one line of JSON for each change of a row's
//! state.
//!
//! A row is recorded as sent, and the record is on disk, before its request is sent. It is recorded
//! as done after its image is in place. A crash can therefore lose the record that a row is done,
//! but never the record that it was sent, and such a row may have been billed. The ledger is locked
//! while it is open.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow};
use fs4::TryLockError;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::folder;
use super::job::{Job, JobId};

/// The name of the ledger in the output folder.
pub(super) const FILE_NAME: &str = "barcode-ledger.jsonl";

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The request was about to be sent. If nothing follows, the program was killed.
    Sent,
    /// The image is in place.
    Done,
    /// The request failed and was not billed.
    Failed,
    /// The response or its image was lost, so the request may have been billed.
    Lost,
}

impl State {
    const ALL: [(Self, &str); 4] = [
        (Self::Sent, "sent"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Lost, "may-have-been-billed"),
    ];

    fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(state, _)| *state == self);
        found.map_or("", |(_, name)| name)
    }
}

/// Whether a row is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Send,
    /// The image is in place.
    Done,
    /// The request may have been billed.
    LeaveAlone,
}

/// The last state of each row of the earlier runs.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<JobId, State>);

impl History {
    /// Reads a ledger that may not exist, without locking or changing it.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        match File::open(path) {
            Ok(file) => Self::load(&file, path).map(|(history, _)| history),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Returns the history in a ledger, and the length of its complete lines.
    fn load(file: &File, path: &Path) -> anyhow::Result<(Self, u64)> {
        let mut reader = BufReader::new(file);
        let mut states = HashMap::new();
        let mut length = 0;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader.by_ref().read_until(b'\n', &mut line);
            let read = read.with_context(|| path.display().to_string())?;
            // The last line is incomplete if the program was killed while it wrote the line.
            if line.pop_if(|byte| *byte == b'\n').is_none() {
                break;
            }
            let (id, state) = record(&line).with_context(|| {
                format!(
                    "{}: line {number} is not a record of a ledger; \
                     correct the line, or use another --out-dir",
                    path.display()
                )
            })?;
            states.insert(id, state);
            length += read as u64;
        }
        Ok((Self(states), length))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Decides whether a row is sent.
    pub(super) fn decide(&self, id: JobId, retry_ambiguous: bool) -> Decision {
        match self.0.get(&id) {
            None | Some(State::Failed) => Decision::Send,
            Some(State::Sent | State::Lost) if retry_ambiguous => Decision::Send,
            Some(State::Sent | State::Lost) => Decision::LeaveAlone,
            Some(State::Done) => Decision::Done,
        }
    }
}

/// Parses a line of the ledger.
fn record(line: &[u8]) -> Option<(JobId, State)> {
    let record: Value = serde_json::from_slice(line).ok()?;
    let id = u128::from_str_radix(record["id"].as_str()?, 16).ok()?;
    let name = record["state"].as_str()?;
    let (state, _) = State::ALL.iter().find(|(_, known)| *known == name)?;
    Some((JobId(id), *state))
}

/// A ledger that is open for writing.
pub(super) struct Ledger {
    records: Sender<Record>,
    writer: JoinHandle<io::Result<()>>,
}

/// A line to write.
struct Record {
    line: String,
    /// Is notified when the line is on disk.
    synced: Option<oneshot::Sender<()>>,
}

impl Ledger {
    /// Opens or creates a ledger, and removes an incomplete last line.
    ///
    /// It is an error if another process has the ledger open.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, History)> {
        let in_path = || path.display().to_string();
        // Windows cannot shorten a file that is open for appending.
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.with_context(in_path)?;
        fs4::FileExt::try_lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => anyhow!("{}: is used by another process", path.display()),
            TryLockError::Error(error) => anyhow::Error::new(error).context(in_path()),
        })?;
        let (history, length) = History::load(&file, path)?;
        file.set_len(length).with_context(in_path)?;
        file.seek(SeekFrom::Start(length)).with_context(in_path)?;
        let folder = path.parent().unwrap_or(path);
        folder::sync(folder).with_context(in_path)?;
        let (records, receiver) = channel();
        let writer = std::thread::spawn(move || write(file, &receiver));
        Ok((Self { records, writer }, history))
    }

    /// Records that the request of a row is about to be sent. Returns when the record is on disk.
    pub(super) async fn sent(&self, job: &Job) -> anyhow::Result<()> {
        let (synced, wait) = oneshot::channel();
        self.append(job.row, &job.name, job.id, State::Sent, Some(synced))?;
        wait.await.map_err(|_| cannot_write())
    }

    /// Records the outcome of a request. Returns at once.
    pub(super) fn record(
        &self,
        row: u64,
        file: &str,
        id: JobId,
        state: State,
    ) -> anyhow::Result<()> {
        self.append(row, file, id, state, None)
    }

    fn append(
        &self,
        row: u64,
        file: &str,
        id: JobId,
        state: State,
        synced: Option<oneshot::Sender<()>>,
    ) -> anyhow::Result<()> {
        let id = format!("{:032x}", id.0);
        let line = json!({"row": row, "file": file, "id": id, "state": state.name()});
        let line = format!("{line}\n");
        let sent = self.records.send(Record { line, synced });
        sent.map_err(|_| cannot_write())
    }

    /// Waits until all records are on disk. Returns the error of the file, if any.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        drop(self.records);
        match self.writer.join() {
            Ok(written) => written.context("cannot write the ledger"),
            Err(_) => Err(cannot_write()),
        }
    }
}

fn cannot_write() -> anyhow::Error {
    anyhow!("cannot write the ledger")
}

/// Writes records until the channel is closed. Records that arrive during a sync share the next
/// one, and a sync is made only if someone waits for it.
fn write(mut file: File, records: &Receiver<Record>) -> io::Result<()> {
    while let Ok(first) = records.recv() {
        let mut lines = String::new();
        let mut waiting = Vec::new();
        for record in std::iter::once(first).chain(records.try_iter()) {
            lines.push_str(&record.line);
            waiting.extend(record.synced);
        }
        file.write_all(lines.as_bytes())?;
        if waiting.is_empty() {
            continue;
        }
        file.sync_data()?;
        for synced in waiting {
            // The receiver is gone if the row was abandoned.
            let _ = synced.send(());
        }
    }
    file.sync_data()
}
