//! A process of a fleet: this test binary runs itself again, and gets commands on its standard
//! input.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use barcode_cloud::ClientCredentials;
use barcode_cloud::auth::{AccessToken, Error, TokenSource};
use barcode_cloud_redis::{Redis, RedisTokenStore};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::sleep;

/// Set in the processes of a fleet only.
const MARK: &str = "BARCODE_CLOUD_REDIS_TEST_PROCESS";

/// The first characters of each reply. Other lines are those of the test harness.
const REPLY: &str = "reply: ";

/// The settings of a process.
pub(crate) struct Settings<'a> {
    pub(crate) redis: String,
    pub(crate) token_url: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) scope: String,
}

/// A running process, which ends when it is dropped.
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a process without waiting for it.
    pub(crate) fn start(settings: &Settings<'_>) -> Self {
        let mut child = own_process("process::process")
            .env(MARK, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut process = Self { child, input, output: BufReader::new(output) };
        let Settings { redis, token_url, client_id, secret, scope } = settings;
        process.send(&format!("{redis} {token_url} {client_id} {secret} {scope}"));
        process
    }

    /// Sends a command without waiting for its reply.
    pub(crate) fn send(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
    }

    /// Waits for the next reply.
    pub(crate) fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the process ended");
            // The harness does not end its own line before the test is over.
            if let Some((_, reply)) = line.split_once(REPLY) {
                return reply.trim_end().to_owned();
            }
        }
    }
}

/// Returns a command that runs an ignored test of this binary in another process.
pub(crate) fn own_process(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until no other fleet runs. Each fleet needs all processors, and processes that are too
/// slow miss the time limits of Redis.
pub(crate) async fn only_fleet() -> MutexGuard<'static, ()> {
    static FLEETS: Mutex<()> = Mutex::const_new(());
    FLEETS.lock().await
}

/// Sends a command to all processes at once, and returns their replies.
pub(crate) fn ask_all(fleet: &mut [Process], command: &str) -> Vec<String> {
    fleet.iter_mut().for_each(|process| process.send(command));
    fleet.iter_mut().map(Process::reply).collect()
}

/// Starts processes, and returns when all of them are ready.
pub(crate) fn start_all<'a>(size: usize, settings: impl Fn(usize) -> Settings<'a>) -> Vec<Process> {
    let mut fleet: Vec<_> = (0..size).map(|number| Process::start(&settings(number))).collect();
    fleet.iter_mut().for_each(|process| assert_eq!(process.reply(), "ready"));
    fleet
}

#[test]
#[ignore = "it is a process that other tests start"]
fn process() {
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let mut commands = std::io::stdin().lines().map(|line| line.unwrap());
    let settings = commands.next().unwrap();
    let settings: Vec<_> = settings.split(' ').collect();
    let &[redis, token_url, client_id, secret, scope] = settings.as_slice() else {
        panic!("five settings are needed");
    };
    // Hundreds of processes share the processors of one machine, so each of them may be slow.
    let limit = Duration::from_secs(3);
    let redis = Redis::single(redis).connect_timeout(limit).response_timeout(limit);
    let store = RedisTokenStore::new(&redis.build().unwrap());
    let credentials = ClientCredentials::new(client_id, secret).unwrap();
    let source = TokenSource::builder(token_url, credentials)
        .scope(scope)
        .allow_insecure_loopback(true)
        .store(store)
        .build()
        .unwrap();
    // The worker thread runs renewals in the background.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    println!("{REPLY}ready");
    let mut token = None;
    for command in commands {
        match runtime.block_on(run(&command, &source, token.as_ref())) {
            Ok(new) => {
                println!("{REPLY}{}", fingerprint(&new));
                token = Some(new);
            }
            Err(error) => println!("{REPLY}error {}", error.oauth_error().unwrap_or("none")),
        }
    }
}

/// Runs a command: `token` returns a token, `replace` returns one after a 401, and `renewed` waits
/// until the token was renewed.
async fn run(
    command: &str,
    source: &TokenSource,
    old: Option<&AccessToken>,
) -> Result<AccessToken, Error> {
    if let ("replace", Some(old)) = (command, old) {
        source.invalidate(old);
    }
    loop {
        let token = source.token().await?;
        let is_old = old.is_some_and(|old| old.generation() == token.generation());
        if command != "renewed" || !is_old {
            return Ok(token);
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Returns a part of the token, by which tokens are compared.
fn fingerprint(token: &AccessToken) -> String {
    let text = token.header_value().to_str().unwrap();
    format!("token {}", &text[text.len() - 16..])
}
