//! Peak memory. Each case is a process of its own, so that no case has the peak of another; what it tells is `VmHWM`,
//! the most memory it ever had, before and after.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use barcode_cloud::{Client, EncodeBarcodeType};
use futures_util::{StreamExt as _, stream};

use crate::Effort;
use crate::server::{LARGE, LARGE_DATA};
use crate::subjects::{Bare, client};
use crate::table::{Goal, Row, Table};

const MIB: f64 = (1 << 20) as f64;

/// Bytes of a usual picture to be read.
const USUAL: usize = 16 << 10;

/// What a large file adds to the peak, once a small one went the same way.
pub(crate) fn growth(url: &str, table: &mut Table) {
    let size = LARGE as f64 / MIB;
    for (case, what) in [
        ("recognize", "upload of a path, `recognize`"),
        ("scan", "upload of a path, `scan`"),
        ("save", "download to a path, `generate(..).save(path)`"),
    ] {
        eprintln!("memory: {case}");
        let more = median_growth(case, url);
        table.row(Row {
            what: format!("growth of peak memory: {what}"),
            baseline: format!("{size:.0} MiB file"),
            measured: format!("{more:.2} MiB"),
            ratio: more / size,
            goal: Goal::MoreThanBaseline {
                more,
                most: 2.0,
                unit: " MiB",
            },
        });
    }
    let more = median_growth("bare", url);
    table.note(format!(
        "Bare reqwest grows by {more:.2} MiB over the same download, its pieces dropped as they come."
    ));
}

/// The buffers of a connection grow with what comes at a time: the median of several processes.
fn median_growth(case: &str, url: &str) -> f64 {
    let mut growth = [(); 9].map(|()| {
        let [before, after] = peaks(case, 1, url);
        after - before
    });
    growth.sort_by(f64::total_cmp);
    growth[growth.len() / 2]
}

/// The peak of many inputs, beside that of a tenth of them.
pub(crate) fn many_inputs(url: &str, effort: Effort, table: &mut Table) {
    let (few, many) = (1_000 / effort.fewer_inputs, 10_000 / effort.fewer_inputs);
    eprintln!("memory: `recognize_many` of {few} and {many}");
    let [_, baseline] = peaks("many", few, url);
    let [_, measured] = peaks("many", many, url);
    table.row(Row {
        what: format!("peak memory: `recognize_many` of {many} instead of {few} inputs"),
        baseline: format!("{baseline:.1} MiB"),
        measured: format!("{measured:.1} MiB"),
        ratio: measured / baseline,
        goal: Goal::AtMost(1.1),
    });
}

/// The peaks of a case's process before and after what it does, in MiB.
fn peaks(case: &str, count: usize, url: &str) -> [f64; 2] {
    let said = Command::new(env::current_exe().unwrap())
        .args(["memory", case, &count.to_string(), url])
        .output()
        .unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let said = String::from_utf8(said.stdout).unwrap();
    let peaks: Vec<f64> = said
        .split_whitespace()
        .map(|peak| peak.parse().unwrap())
        .collect();
    peaks.try_into().unwrap()
}

/// What a case's process does: the same at a small size, then the real thing.
pub(crate) fn child(case: &str, count: usize, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.png");
    let client = client(url);
    let bare = Bare::new(url);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if case == "bare" {
            bare.download("small").await;
        } else {
            act(case, &client, &path, USUAL, "small", count.min(100)).await;
        }
        let before = peak();
        if case == "bare" {
            bare.download(LARGE_DATA).await;
        } else {
            act(case, &client, &path, LARGE, LARGE_DATA, count).await;
        }
        println!("{before} {}", peak());
    });
}

async fn act(case: &str, client: &Client, path: &Path, size: usize, data: &str, count: usize) {
    match case {
        "save" => {
            let request = client.generate(EncodeBarcodeType::Qr, data);
            request.save(path).await.unwrap();
        }
        "many" => {
            // Each picture has memory of its own, so that those which are kept longer than needed show.
            let requests = stream::iter(0..count).map(|_| client.recognize(vec![0; USUAL]));
            let answers = client.recognize_many(requests).in_order();
            assert_eq!(
                answers
                    .filter(|answer| std::future::ready(answer.is_ok()))
                    .count()
                    .await,
                count
            );
        }
        "recognize" => {
            sparse(path, size);
            client.recognize(path).send().await.unwrap();
        }
        "scan" => {
            sparse(path, size);
            client.scan(path).send().await.unwrap();
        }
        _ => panic!("no such case: {case}"),
    }
}

/// A file of `size` bytes.
fn sparse(path: &Path, size: usize) {
    fs::File::create(path)
        .unwrap()
        .set_len(size as u64)
        .unwrap();
}

/// The most memory that this process ever had, in MiB.
fn peak() -> f64 {
    let status =
        fs::read_to_string("/proc/self/status").expect("peak memory is read as Linux tells it");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024.0
}
