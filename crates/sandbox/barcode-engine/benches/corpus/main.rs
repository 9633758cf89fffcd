//! Counts how many barcodes the engine reads in degraded pictures, compared with zxing-cpp, and how
//! long it takes. See the README for how to run it.

mod pictures;

use std::fmt::Write as _;
use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use barcode_engine::{Budget, Effort, GrayImage, ReadOptions, read_image};
use barcode_engine_sys::{Format, read as zxing};
use cpu_time::ThreadTime;

use pictures::{DEGRADATIONS, SYMBOLS, empty_pictures, picture};

const RESULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/corpus/RESULT.md");
/// Pages of text, and photographs.
const EMPTY: (u64, u64) = (100, 50);

const THREADS: usize = 8;

/// A reader: its name in the table, and the values that it reads in an image.
struct Reader {
    name: &'static str,
    read: fn(&GrayImage) -> Vec<String>,
}

const READERS: [Reader; 4] = [
    Reader { name: "zxing-cpp", read: zxing_cpp },
    Reader { name: "Fast", read: |image| engine(image, Effort::Fast) },
    Reader { name: "Normal", read: |image| engine(image, Effort::Normal) },
    Reader { name: "Excellent", read: |image| engine(image, Effort::Excellent) },
];

/// The formats of the types that the engine searches by default.
const COMMON: [Format; 12] = [
    Format::Aztec,
    Format::Codabar,
    Format::Code128,
    Format::Code39,
    Format::Code93,
    Format::DataMatrix,
    Format::Ean13,
    Format::Ean8,
    Format::Itf,
    Format::Pdf417,
    Format::Qr,
    Format::UpcE,
];

fn zxing_cpp(image: &GrayImage) -> Vec<String> {
    let found = zxing(image.as_raw(), image.width(), image.height(), &COMMON, true);
    found.into_iter().map(|barcode| barcode.text).collect()
}

fn engine(image: &GrayImage, effort: Effort) -> Vec<String> {
    let options = ReadOptions { effort, ..ReadOptions::default() };
    let found = read_image(image, &options, &Budget::unlimited());
    found.into_iter().map(|barcode| barcode.value).collect()
}

/// What a reader did with all pictures.
#[derive(Default)]
struct Score {
    /// Whether the barcode was read, for each symbol and degradation.
    is_read: [[bool; DEGRADATIONS.len()]; SYMBOLS.len()],
    /// Values that are in none of the pictures that they were read in.
    false_values: Vec<String>,
    /// The CPU time of each picture, with and without a barcode.
    times: Vec<Duration>,
    empty_times: Vec<Duration>,
}

/// A picture, with the indices of its symbol and degradation if it has a barcode.
type Picture = (Option<(usize, usize)>, GrayImage);

fn pictures((pages, photographs): (u64, u64)) -> impl Iterator<Item = Picture> {
    let with_barcode = (0..SYMBOLS.len())
        .flat_map(|symbol| (0..DEGRADATIONS.len()).map(move |degradation| (symbol, degradation)));
    let with_barcode = with_barcode.map(|place| (Some(place), picture(place.0, place.1)));
    with_barcode.chain(empty_pictures(pages, photographs).map(|image| (None, image)))
}

/// Applies all readers to all pictures, on several threads.
fn scores(empty: (u64, u64)) -> [Score; READERS.len()] {
    let scores = Mutex::new(READERS.map(|_| Score::default()));
    let pictures = Mutex::new(pictures(empty));
    let next = || pictures.lock().expect("no thread panics").next();
    let work = || {
        while let Some((place, image)) = next() {
            for (index, reader) in READERS.iter().enumerate() {
                let start = ThreadTime::now();
                let values = (reader.read)(&image);
                let time = start.elapsed();
                scores.lock().expect("no thread panics")[index].add(place, values, time);
            }
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
    scores.into_inner().expect("no thread panics")
}

impl Score {
    fn add(&mut self, place: Option<(usize, usize)>, mut values: Vec<String>, time: Duration) {
        match place {
            Some((symbol, degradation)) => {
                let count = values.len();
                values.retain(|value| value != SYMBOLS[symbol].1);
                self.is_read[symbol][degradation] = values.len() < count;
                self.times.push(time);
            }
            None => self.empty_times.push(time),
        }
        self.false_values.extend(values);
    }
}

/// A row of a Markdown table.
fn row(first: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {first} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn head(first: &str) -> String {
    row(first, READERS.iter().map(|reader| reader.name.to_owned()))
        + &row("---", READERS.iter().map(|_| "--:".to_owned()))
}

fn summary(scores: &[Score]) -> String {
    let time = |mut times: Vec<Duration>, at: fn(usize) -> usize| {
        times.sort_unstable();
        let time = times.get(at(times.len())).copied().unwrap_or_default();
        format!("{:.1} ms", time.as_secs_f64() * 1000.0)
    };
    let read = |score: &Score| score.is_read.iter().flatten().filter(|read| **read).count();
    type Line<'a> = (&'a str, &'a dyn Fn(&Score) -> String);
    let lines: [Line<'_>; 6] = [
        ("barcodes read", &|score| read(score).to_string()),
        ("false values", &|score| score.false_values.len().to_string()),
        ("median time", &|score| time(score.times.clone(), |count| count / 2)),
        ("slowest", &|score| time(score.times.clone(), |count| count.saturating_sub(1))),
        ("median time without a barcode", &|score| {
            time(score.empty_times.clone(), |count| count / 2)
        }),
        ("slowest without a barcode", &|score| {
            time(score.empty_times.clone(), |count| count.saturating_sub(1))
        }),
    ];
    let rows = lines.map(|(name, cell)| row(name, scores.iter().map(cell)));
    head("") + &rows.concat()
}

fn table(scores: &[Score]) -> String {
    let mut table = head("type");
    for (symbol, (name, _)) in SYMBOLS.iter().enumerate() {
        let count = |score: &Score| score.is_read[symbol].iter().filter(|read| **read).count();
        table += &row(name, scores.iter().map(|score| count(score).to_string()));
    }
    table += "\nThe types that are not read:\n\n";
    table += &head("degradation");
    for (degradation, (name, _)) in DEGRADATIONS.iter().enumerate() {
        let missed = |score: &Score| {
            let symbols = SYMBOLS.iter().zip(&score.is_read);
            let missed = symbols.filter(|(_, is_read)| !is_read[degradation]);
            missed.map(|((name, _), _)| *name).collect::<Vec<_>>().join(", ")
        };
        table += &row(name, scores.iter().map(missed));
    }
    table
}

fn main() {
    let has_argument = |name: &str| std::env::args().any(|argument| argument == name);
    let empty = if has_argument("--quick") { (0, 0) } else { EMPTY };
    let scores = scores(empty);
    let pictures = SYMBOLS.len() * DEGRADATIONS.len();
    let engine = match cfg!(feature = "all-symbologies") {
        true => "with the feature `all-symbologies`",
        false => "in its default build",
    };
    let mut result = format!("## The engine {engine}\n\n");
    write!(
        result,
        "{pictures} pictures of a barcode, {} pages of text and {} photographs without one.\n\n{}\n{}",
        empty.0,
        empty.1,
        summary(&scores),
        table(&scores)
    )
    .expect("writing to a string succeeds");
    println!("{result}");
    for (reader, score) in READERS.iter().zip(&scores) {
        score.false_values.iter().for_each(|value| println!("{}: false: {value:?}", reader.name));
    }
    if has_argument("--update") {
        fs::write(RESULT, result).expect("the result can be written");
    }
}
