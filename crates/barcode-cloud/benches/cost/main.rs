//! Compares the client with bare `reqwest`: time, allocations and memory. Prints a table that shows
//! each figure next to the baseline of the same run. Run it with `cargo bench -p barcode-cloud`, or
//! with `-- --quick` for a smoke test.
//!
//! The goals in the table are not asserted. `benches/README.md` describes the results.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that fails can only report the error to its user"
)]

mod calls;
mod memory;
mod server;
mod subjects;
mod table;

use std::env;

use server::Server;
use table::Table;

/// The amount of work to measure.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// The number of alternating rounds. Figures are medians over the rounds.
    rounds: usize,
    /// The divisor of the number of inputs of the memory measurement.
    input_divisor: usize,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => server::serve(),
        ["memory", case, count, url] => memory::child(case, count.parse().unwrap(), url),
        _ => measure(&arguments),
    }
}

fn measure(arguments: &[String]) {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // `cargo test --benches` runs benchmarks without `--bench`, to check that they work.
    let effort = if has("--quick") || !has("--bench") {
        Effort { rounds: 5, input_divisor: 10 }
    } else {
        Effort { rounds: 151, input_divisor: 1 }
    };
    let server = Server::start();
    let mut table = Table::default();
    calls::one_at_a_time(server.url(), effort, &mut table);
    calls::many_callers(server.url(), effort, &mut table);
    calls::allocations(server.url(), &mut table);
    memory::growth(server.url(), &mut table);
    memory::many_inputs(server.url(), effort, &mut table);
    print!("{table}");
}
