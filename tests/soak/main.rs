//! Calls a faulty sandbox from 200 callers for an hour, and checks that no call is lost that the
//! retry policy keeps, that nothing is billed twice, and that nothing leaks.
//!
//! ```console
//! cargo build && cargo run -p tests --example soak           # one hour
//! cargo build && cargo run -p tests --example soak -- 3      # three minutes
//! ```
//!
//! Prints the results as Markdown, and writes a plot to `target/soak.svg`. Progress is printed to
//! standard error. It needs Linux, because it reads memory and file descriptors from `/proc`.

mod callers;
mod sampling;
mod server;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::callers::{Caller, Policy, Tally};
use self::sampling::{Process, Sample, Series};
use self::server::Server;

const CALLERS: usize = 200;

/// The number of samples, of which the plot has a point each.
const SAMPLES: u32 = 240;

/// How long the server is down when it is restarted.
const DOWN: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    let minutes: u32 = match std::env::args().nth(1) {
        Some(minutes) => minutes.parse().context("the argument must be a number of minutes")?,
        None => 60,
    };
    // What the runtime opens for the first process and the first connection stays open.
    Server::start().await?.stop().await?;
    let before = held()?;

    let mut server = Server::start().await?;
    let scratch = tempfile::tempdir()?;
    let label = server.label(scratch.path()).await?;
    server.inject_faults().await?;
    let tallies = [Policy::Default, Policy::ResendLost].map(|policy| Arc::new(Tally::new(policy)));
    let (stop, stopped) = watch::channel(false);
    let mut callers = JoinSet::new();
    for tally in &tallies {
        let client = server.client(tally.policy)?;
        for number in 0..CALLERS / tallies.len() {
            let caller = Caller::new(number, client.clone(), tally.clone(), &label);
            callers.spawn(caller.run(stopped.clone()));
        }
    }
    let series = observe(&mut server, &tallies, Duration::from_secs(60) * minutes).await?;

    stop.send_replace(true);
    while let Some(ended) = callers.join_next().await {
        ended.context("a caller panicked")?;
    }
    // Requests of the last calls may still have to be logged.
    sleep(Duration::from_secs(1)).await;
    let billed = tallies.each_ref().map(|tally| server.billed(tally.policy));
    server.stop().await?;
    let released = async {
        while held()? != before {
            sleep(Duration::from_millis(100)).await;
        }
        anyhow::Ok(())
    };
    let released = timeout(Duration::from_secs(30), released).await;

    print!("{}", series.table(12));
    for (tally, billed) in tallies.iter().zip(billed) {
        print!("\n{}", tally.report(billed));
    }
    println!("\nTasks and file descriptors: {before:?} before, {:?} after.", held()?);
    std::fs::write("target/soak.svg", series.plot())?;
    ensure!(released.is_ok(), "tasks or file descriptors were left");
    series.check(CALLERS)?;
    tallies.iter().zip(billed).try_for_each(|(tally, billed)| tally.check(billed))
}

/// The tasks of the runtime, and the file descriptors of this process.
fn held() -> Result<(usize, usize)> {
    let process = Process::read(std::process::id())?;
    Ok((Handle::current().metrics().num_alive_tasks(), process.descriptors))
}

/// Takes samples, revokes all tokens twice, and restarts the server twice.
async fn observe(server: &mut Server, tallies: &[Arc<Tally>], length: Duration) -> Result<Series> {
    let start = Instant::now();
    let mut samples = Vec::new();
    for number in 1..=SAMPLES {
        sleep_until(start + length / SAMPLES * number).await;
        let sample = Sample {
            minutes: start.elapsed().as_secs_f64() / 60.0,
            calls: tallies.iter().map(|tally| tally.calls()).sum(),
            tasks: Handle::current().metrics().num_alive_tasks(),
            client: Process::read(std::process::id())?,
            server: Process::read(server.process_id()?)?,
        };
        eprintln!("{sample}");
        samples.push(sample);
        // A client that often replaces rejected tokens keeps the next one for some seconds, so
        // these must be some minutes apart.
        match number * 6 / SAMPLES {
            _ if number * 6 % SAMPLES != 0 => {}
            1 | 5 => server.revoke_tokens().await?,
            2 | 4 => {
                eprintln!("restarting the server");
                server.kill().await?;
                sleep(DOWN).await;
                server.start_again().await?;
            }
            _ => {}
        }
    }
    Ok(Series(samples))
}
