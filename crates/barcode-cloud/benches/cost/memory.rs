//! Measures peak memory. Each case runs in its own process, so that its peak does not include those
//! of other cases. The process reports `VmHWM`, its peak resident memory so far, before and after
//! the measured action.

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

/// The size in bytes of a small image.
const SMALL: usize = 16 << 10;

/// Measures how much a large file increases the peak, compared with a small file.
pub(crate) fn growth(url: &str, table: &mut Table) {
    let size = LARGE as f64 / MIB;
    for (case, action) in [
        ("recognize", "upload of a path, `recognize`"),
        ("scan", "upload of a path, `scan`"),
        ("save", "download to a path, `generate(..).save(path)`"),
    ] {
        eprintln!("memory: {case}");
        let increase = median_growth(case, url);
        table.row(Row {
            what: format!("growth of peak memory: {action}"),
            baseline: format!("{size:.0} MiB file"),
            measured: format!("{increase:.2} MiB"),
            ratio: increase / size,
            goal: Goal::MoreThanBaseline { increase, max: 2.0, unit: " MiB" },
        });
    }
    let increase = median_growth("bare", url);
    table.note(format!(
        "Bare reqwest grows by {increase:.2} MiB during the same download if it drops each chunk immediately."
    ));
}

/// Returns the median growth of several processes. The growth varies, because the buffers of a
/// connection depend on how much data arrives at a time.
fn median_growth(case: &str, url: &str) -> f64 {
    let mut growth = [(); 9].map(|()| {
        let [before, after] = peaks(case, 1, url);
        after - before
    });
    growth.sort_by(f64::total_cmp);
    growth[growth.len() / 2]
}

/// Compares the peak of many inputs with that of a tenth as many.
pub(crate) fn many_inputs(url: &str, effort: Effort, table: &mut Table) {
    let (few, many) = (1_000 / effort.input_divisor, 10_000 / effort.input_divisor);
    eprintln!("memory: `recognize` of {few} and {many}");
    let [_, baseline] = peaks("many", few, url);
    let [_, measured] = peaks("many", many, url);
    table.row(Row {
        what: format!("peak memory: `recognize` of {many} instead of {few} inputs"),
        baseline: format!("{baseline:.1} MiB"),
        measured: format!("{measured:.1} MiB"),
        ratio: measured / baseline,
        goal: Goal::AtMost(1.1),
    });
}

/// Runs a case in a child process. Returns its peaks in MiB before and after the measured action.
fn peaks(case: &str, count: usize, url: &str) -> [f64; 2] {
    let output = Command::new(env::current_exe().unwrap())
        .args(["memory", case, &count.to_string(), url])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let peaks: Vec<f64> = stdout.split_whitespace().map(|peak| peak.parse().unwrap()).collect();
    peaks.try_into().unwrap()
}

/// Runs a case in this process: first with a small image as a warm-up, then the measured action.
pub(crate) fn child(case: &str, count: usize, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let client = client(url);
    let bare = Bare::new(url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if case == "bare" {
            bare.download("small").await;
        } else {
            act(case, &client, &path, SMALL, "small", count.min(100)).await;
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
            // Each image is allocated separately, so that the peak shows images that are kept
            // longer than needed.
            let requests = stream::iter(0..count).map(|_| client.recognize(vec![0; SMALL]).send());
            let results = requests.buffered(8);
            let successes = results.filter(|result| std::future::ready(result.is_ok()));
            assert_eq!(successes.count().await, count);
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

/// Creates a sparse file of `size` bytes.
fn sparse(path: &Path, size: usize) {
    fs::File::create(path).unwrap().set_len(size as u64).unwrap();
}

/// Returns the peak resident memory of this process in MiB.
fn peak() -> f64 {
    let status =
        fs::read_to_string("/proc/self/status").expect("peak memory can only be measured on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024.0
}
