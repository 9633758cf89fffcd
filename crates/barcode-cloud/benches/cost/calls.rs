//! Time and allocations of calls. Baseline and candidates take turns, and what is compared are neighbours: a shared
//! machine is never quiet, but for two blocks in a row it is alike.

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

/// Calls that one has before it is the next one's turn.
const BLOCK: u32 = 100;
const CALLERS: u32 = 64;
/// Calls of each caller before it is the next one's turn.
const EACH: u32 = 16;

/// What a block of calls took, for one call.
#[derive(Clone, Copy)]
struct Took {
    cpu: Duration,
    wall: Duration,
}

/// One of the things that a block took.
type Figure = fn(&Took) -> f64;

/// How one of them stands in the table.
struct Comparison {
    title: String,
    what: &'static str,
    figure: Figure,
    shown: fn(f64) -> String,
    goal: Goal,
}

/// A block of calls, ready to be run again and again.
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
            calls: CALLERS * EACH,
            run: Box::new(move || {
                let callers = (0..CALLERS).map(|_| {
                    let subject = subject.clone();
                    runtime.spawn(async move {
                        for _ in 0..EACH {
                            assert_ne!(subject.call().await, 0);
                        }
                    })
                });
                let callers = join_all(callers);
                runtime
                    .block_on(callers)
                    .into_iter()
                    .for_each(Result::unwrap);
            }),
        }
    }

    fn took(&self) -> Took {
        let (cpu, wall) = (ProcessTime::now(), Instant::now());
        (self.run)();
        Took {
            cpu: cpu.elapsed() / self.calls,
            wall: wall.elapsed() / self.calls,
        }
    }
}

/// What each block took in each round; the first block is the baseline.
struct Rounds(Vec<Vec<Took>>);

impl Rounds {
    fn run(blocks: &[Block], effort: Effort) -> Self {
        // Connections are made and the token is obtained.
        blocks.iter().for_each(|block| (block.run)());
        let rounds = (0..effort.rounds).map(|round| {
            let mut took: Vec<_> = (0..blocks.len())
                .map(|turn| (turn + round) % blocks.len())
                .map(|place| (place, blocks[place].took()))
                .collect();
            took.sort_by_key(|(place, _)| *place);
            took.into_iter().map(|(_, took)| took).collect()
        });
        Self(rounds.collect())
    }

    /// The median of what `figure` makes of each round.
    fn median(&self, figure: impl Fn(&[Took]) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.0.iter().map(|round| figure(round)).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }

    /// A row for each block beside the first; what that is beside itself goes into a note.
    fn compare(&self, blocks: &[Block], table: &mut Table, it: Comparison) {
        for (place, block) in blocks.iter().enumerate().skip(1) {
            let figure = it.figure;
            let ratio = self.median(|round| figure(&round[place]) / figure(&round[0]));
            if block.name == Bare::NAME {
                let (name, what) = (Bare::NAME, it.what);
                table.note(format!("{name} beside itself, {what}: {ratio:.3}x."));
                continue;
            }
            table.row(Row {
                what: format!("{}: {}", it.title, block.name),
                baseline: (it.shown)(self.median(|round| figure(&round[0]))),
                measured: (it.shown)(self.median(|round| figure(&round[place]))),
                ratio,
                goal: match block.name == Lean::NAME {
                    true => Goal::None,
                    false => it.goal,
                },
            });
        }
    }
}

/// CPU and wall time of one call after the other.
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
    let served = (effort.rounds + 1) * blocks.len() * BLOCK as usize;
    let server = (server_cpu(&runtime, url) - before) / served as f64;
    table.note(format!(
        "The server took {server:.0} us of CPU a call, in a process of its own."
    ));
    for (what, figure, goal) in [
        (
            "CPU",
            (|took| micros(took.cpu)) as Figure,
            Goal::AtMost(1.10),
        ),
        ("wall time", |took| micros(took.wall), Goal::None),
    ] {
        rounds.compare(
            &blocks,
            table,
            Comparison {
                title: format!("`generate`, {what}"),
                what,
                figure,
                shown: |figure| format!("{figure:.1} us"),
                goal,
            },
        );
    }
}

/// Calls a second of many callers at a time.
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
    let effort = Effort {
        rounds: (effort.rounds / 3) | 1,
        ..effort
    };
    let rounds = Rounds::run(&blocks, effort);
    rounds.compare(
        &blocks,
        table,
        Comparison {
            title: format!("{CALLERS} callers"),
            what: "calls a second",
            figure: |took| 1.0 / took.wall.as_secs_f64(),
            shown: |figure| format!("{figure:.0}/s"),
            goal: Goal::AtLeast(0.9),
        },
    );
}

/// Heap allocations of a call, those of its connection too: all run on one thread.
pub(crate) fn allocations(url: &str, table: &mut Table) {
    eprintln!("allocations");
    let runtime = one_thread();
    let baseline = allocations_of(&runtime, &Bare::new(url));
    let subjects = [
        (
            Plain::NAME,
            allocations_of(&runtime, &Plain::new(url)),
            20.0,
        ),
        (Api::NAME, allocations_of(&runtime, &Api::new(url)), 20.0),
        (
            Facade::NAME,
            allocations_of(&runtime, &Facade::new(url)),
            30.0,
        ),
    ];
    for (name, count, most) in subjects {
        table.row(Row {
            what: format!("allocations a call: {name}"),
            baseline: format!("{baseline:.0}"),
            measured: format!("{count:.0}"),
            ratio: count / baseline,
            goal: Goal::MoreThanBaseline {
                more: count - baseline,
                most,
                unit: "",
            },
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
        let answer = reqwest::get(format!("{url}{CPU_PATH}")).await.unwrap();
        answer.text().await.unwrap().parse().unwrap()
    })
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
