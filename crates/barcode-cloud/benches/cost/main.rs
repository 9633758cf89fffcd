//! What the client costs beside bare `reqwest`: time, allocations, memory. Prints one table, in which each figure
//! stands beside its baseline of the same run. `cargo bench -p barcode-cloud`; with `-- --quick`, a smoke run.
//!
//! Nothing is asserted: figures are for people.

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has nobody to tell but its user"
)]

mod calls;
mod memory;
mod server;
mod subjects;
mod table;

use std::env;

use server::Server;
use table::Table;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// Alternating rounds of which the median is taken.
    rounds: usize,
    /// How many times fewer inputs than it says go through `recognize_many`.
    fewer_inputs: usize,
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
    // `cargo test --benches` runs benches without `--bench`: it wants to see that they work.
    let effort = if has("--quick") || !has("--bench") {
        Effort {
            rounds: 5,
            fewer_inputs: 10,
        }
    } else {
        Effort {
            rounds: 151,
            fewer_inputs: 1,
        }
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
