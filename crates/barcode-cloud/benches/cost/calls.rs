//! Measures the time and the allocations of calls. The baseline and the candidates run in
//! alternating blocks, and a ratio compares blocks of the same round: the load of a shared machine
//! varies, but not much between adjacent blocks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use cpu_time::ProcessTime;
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};

use crate::Effort;
use crate::server::CPU_PATH;
use crate::subjects::{Api, Bare, Facade, Lean, Plain, Subject};
use crate::table::{Goal, Row, Table};

/// The number of sequential calls in a block.
const BLOCK: u32 = 100;
/// The number of concurrent callers.
const CALLERS: u32 = 64;
/// The number of calls of each concurrent caller in a block.
const CALLS_PER_CALLER: u32 = 16;

/// The time per call in a block.
#[derive(Clone, Copy)]
struct CallTime {
    cpu: Duration,
    wall: Duration,
}

/// A quantity that is computed from the time per call.
type Quantity = fn(&CallTime) -> f64;

/// Describes the table rows that compare one quantity.
struct Comparison {
    title: String,
    name: &'static str,
    quantity: Quantity,
    format: fn(f64) -> String,
    goal: Goal,
}

/// A block of calls that can be run repeatedly.
struct Block {
    name: &'static str,
    calls: u32,
    run: Box<dyn Fn()>,
}

impl Block {
    fn one_at_a_time<S: Subject>(runtime: &Arc<Runtime>, subject: S) -> Self {
        let runtime = runtime.clone();
        Self {
            name: S::NAME,
            calls: BLOCK,
            run: Box::new(move || {
                runtime.block_on(async {
                    for _ in 0..BLOCK {
                        assert_ne!(subject.call().await, 0);
                    }
                });
            }),
        }
    }

    fn many_callers<S: Subject>(runtime: &Arc<Runtime>, subject: S) -> Self {
        let runtime = runtime.clone();
        let subject = Arc::new(subject);
        Self {
            name: S::NAME,
            calls: CALLERS * CALLS_PER_CALLER,
            run: Box::new(move || {
                let callers = (0..CALLERS).map(|_| {
                    let subject = subject.clone();
                    runtime.spawn(async move {
                        for _ in 0..CALLS_PER_CALLER {
                            assert_ne!(subject.call().await, 0);
                        }
                    })
                });
                let callers = join_all(callers);
                runtime.block_on(callers).into_iter().for_each(Result::unwrap);
            }),
        }
    }

    fn measure(&self) -> CallTime {
        let (cpu, wall) = (ProcessTime::now(), Instant::now());
        (self.run)();
        CallTime { cpu: cpu.elapsed() / self.calls, wall: wall.elapsed() / self.calls }
    }
}

/// The measurements of each round, in the order of the blocks. The first block is the baseline.
struct Rounds(Vec<Vec<CallTime>>);

impl Rounds {
    fn run(blocks: &[Block], effort: Effort) -> Self {
        // Warm up: opens the connections and obtains the token.
        blocks.iter().for_each(|block| (block.run)());
        let rounds = (0..effort.rounds).map(|round| {
            // Each round starts with another block.
            let mut times: Vec<_> = (0..blocks.len())
                .map(|position| (position + round) % blocks.len())
                .map(|index| (index, blocks[index].measure()))
                .collect();
            times.sort_by_key(|(index, _)| *index);
            times.into_iter().map(|(_, time)| time).collect()
        });
        Self(rounds.collect())
    }

    /// Returns the median over all rounds of the value that `value` computes from a round.
    fn median(&self, value: impl Fn(&[CallTime]) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(|round| value(round)).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    /// Adds a row that compares each block with the first. The comparison of the baseline with
    /// itself, which shows the noise of the measurement, is added as a note.
    fn compare(&self, blocks: &[Block], table: &mut Table, comparison: Comparison) {
        for (index, block) in blocks.iter().enumerate().skip(1) {
            let quantity = comparison.quantity;
            let ratio = self.median(|round| quantity(&round[index]) / quantity(&round[0]));
            if block.name == Bare::NAME {
                let (subject, name) = (Bare::NAME, comparison.name);
                table.note(format!("{subject} compared with itself, {name}: {ratio:.3}x."));
                continue;
            }
            table.row(Row {
                what: format!("{}: {}", comparison.title, block.name),
                baseline: (comparison.format)(self.median(|round| quantity(&round[0]))),
                measured: (comparison.format)(self.median(|round| quantity(&round[index]))),
                ratio,
                goal: match block.name == Lean::NAME {
                    true => Goal::None,
                    false => comparison.goal,
                },
            });
        }
    }
}

/// Measures the CPU and wall time of sequential calls.
pub(crate) fn one_at_a_time(url: &str, effort: Effort, table: &mut Table) {
    eprintln!("one call at a time");
    let runtime = Arc::new(one_thread());
    let blocks = [
        Block::one_at_a_time(&runtime, Bare::new(url)),
        Block::one_at_a_time(&runtime, Lean::new(url)),
        Block::one_at_a_time(&runtime, Plain::new(url)),
        Block::one_at_a_time(&runtime, Api::new(url)),
        Block::one_at_a_time(&runtime, Facade::new(url)),
        Block::one_at_a_time(&runtime, Bare::new(url)),
    ];
    let before = server_cpu(&runtime, url);
    let rounds = Rounds::run(&blocks, effort);
    let calls = (effort.rounds + 1) * blocks.len() * BLOCK as usize;
    let server = (server_cpu(&runtime, url) - before) / calls as f64;
    table.note(format!("The server, a separate process, used {server:.0} us of CPU per call."));
    for (name, quantity, goal) in [
        ("CPU", (|time| micros(time.cpu)) as Quantity, Goal::AtMost(1.10)),
        ("wall time", |time| micros(time.wall), Goal::None),
    ] {
        rounds.compare(
            &blocks,
            table,
            Comparison {
                title: format!("`generate`, {name}"),
                name,
                quantity,
                format: |value| format!("{value:.1} us"),
                goal,
            },
        );
    }
}

/// Measures the calls per second of many concurrent callers.
pub(crate) fn many_callers(url: &str, effort: Effort, table: &mut Table) {
    eprintln!("{CALLERS} callers");
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let blocks = [
        Block::many_callers(&runtime, Bare::new(url)),
        Block::many_callers(&runtime, Lean::new(url)),
        Block::many_callers(&runtime, Plain::new(url)),
        Block::many_callers(&runtime, Api::new(url)),
        Block::many_callers(&runtime, Facade::new(url)),
        Block::many_callers(&runtime, Bare::new(url)),
    ];
    let effort = Effort { rounds: (effort.rounds / 3) | 1, ..effort };
    let rounds = Rounds::run(&blocks, effort);
    rounds.compare(
        &blocks,
        table,
        Comparison {
            title: format!("{CALLERS} callers"),
            name: "calls per second",
            quantity: |time| 1.0 / time.wall.as_secs_f64(),
            format: |value| format!("{value:.0}/s"),
            goal: Goal::AtLeast(0.9),
        },
    );
}

/// Counts the heap allocations per call. They include those of the connection, which runs on the
/// same thread.
pub(crate) fn allocations(url: &str, table: &mut Table) {
    eprintln!("allocations");
    let runtime = one_thread();
    let baseline = allocations_of(&runtime, &Bare::new(url));
    let subjects = [
        (Plain::NAME, allocations_of(&runtime, &Plain::new(url)), 20.0),
        (Api::NAME, allocations_of(&runtime, &Api::new(url)), 20.0),
        (Facade::NAME, allocations_of(&runtime, &Facade::new(url)), 30.0),
    ];
    for (name, count, max) in subjects {
        table.row(Row {
            what: format!("allocations per call: {name}"),
            baseline: format!("{baseline:.0}"),
            measured: format!("{count:.0}"),
            ratio: count / baseline,
            goal: Goal::MoreThanBaseline { increase: count - baseline, max, unit: "" },
        });
    }
}

fn allocations_of(runtime: &Runtime, subject: &impl Subject) -> f64 {
    let calls = |count| {
        runtime.block_on(async {
            for _ in 0..count {
                subject.call().await;
            }
        });
    };
    calls(BLOCK);
    measure(|| calls(BLOCK)).count_total as f64 / f64::from(BLOCK)
}

fn server_cpu(runtime: &Runtime, url: &str) -> f64 {
    runtime.block_on(async {
        let response = reqwest::get(format!("{url}{CPU_PATH}")).await.unwrap();
        response.text().await.unwrap().parse().unwrap()
    })
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
