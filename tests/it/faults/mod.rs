//! The fault matrix: whatever goes wrong on the way, in every operation and with every kind of
//! upload, gives the right error or the right success after the right number of attempts.
//!
//! `cargo test -p tests --test it fault_matrix -- --nocapture` prints it as a table.

mod server;
mod tracer;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use barcode_cloud::{
    Client, ClientCredentials, Deadline, DecodeBarcodeType, EncodeBarcodeType, Error, ImageSource,
    Retry, TokenSource,
};
use futures_util::stream::{self, StreamExt as _};
use tracing::instrument::WithSubscriber as _;

use self::server::Server;

/// A way for things to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Nobody listens.
    ConnectRefused,
    /// The connection is reset once the request has been read.
    ResetBeforeHeaders,
    /// The connection is reset after half an answer.
    ResetInBody,
    /// No answer comes.
    Hang,
    /// An answer comes byte by byte, for longer than an attempt may take.
    SlowDrip,
    /// Half an answer comes, and no more.
    Stall,
    /// This status, so many times; then a success.
    Status(u16, usize),
    /// 429 with `Retry-After` in seconds, longer than a client waits.
    TooManySeconds,
    /// The same as a date.
    TooManyDate,
    /// 429 with a `Retry-After` that has passed, once.
    TooManyOnce,
    /// 500 to a client that sends such requests again.
    ServerErrorAgain,
    /// A reset before headers to a client that sends such requests again.
    LostAnswerAgain,
    /// A gateway's 504 to a client that resends requests whose response was lost.
    GatewayTimeoutAgain,
    /// A page of a proxy, with status 200.
    HtmlSuccess,
    /// A page of a proxy, with status 502.
    HtmlError,
    /// An error as XML.
    XmlError,
    /// Half of the JSON, with the length of the half.
    TruncatedJson,
    /// Nothing, with status 200.
    Empty,
    /// The right body, called something else.
    WrongContentType,
    /// More than the client's limit, and says so.
    OverTheLimit,
    /// More than the client's limit, in chunks.
    OverTheLimitChunked,
}

const ALWAYS: usize = usize::MAX;

const FAULTS: [Fault; 28] = [
    Fault::ConnectRefused,
    Fault::ResetBeforeHeaders,
    Fault::LostAnswerAgain,
    Fault::ResetInBody,
    Fault::Hang,
    Fault::SlowDrip,
    Fault::Stall,
    Fault::Status(401, 1),
    Fault::Status(401, ALWAYS),
    Fault::Status(403, ALWAYS),
    Fault::TooManySeconds,
    Fault::TooManyDate,
    Fault::TooManyOnce,
    Fault::Status(500, ALWAYS),
    Fault::ServerErrorAgain,
    Fault::Status(408, ALWAYS),
    Fault::Status(502, ALWAYS),
    Fault::Status(504, ALWAYS),
    Fault::GatewayTimeoutAgain,
    Fault::Status(503, 2),
    Fault::HtmlSuccess,
    Fault::HtmlError,
    Fault::XmlError,
    Fault::TruncatedJson,
    Fault::Empty,
    Fault::WrongContentType,
    Fault::OverTheLimit,
    Fault::OverTheLimitChunked,
];

/// How the picture goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upload {
    None,
    Bytes,
    File,
    Reader,
}

impl std::fmt::Display for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Bytes => "bytes",
            Self::File => "file",
            Self::Reader => "reader",
        })
    }
}

type Column = (&'static str, Upload);

/// Looks for several types, which needs the image in a JSON body.
const SEVERAL: &str = "recognize several";

/// The requests of the facade, with each kind of upload that they take.
const COLUMNS: [Column; 12] = [
    ("generate", Upload::None),
    ("recognize", Upload::None),
    ("recognize", Upload::Bytes),
    ("recognize", Upload::File),
    ("recognize", Upload::Reader),
    (SEVERAL, Upload::Bytes),
    (SEVERAL, Upload::File),
    (SEVERAL, Upload::Reader),
    ("scan", Upload::None),
    ("scan", Upload::Bytes),
    ("scan", Upload::File),
    ("scan", Upload::Reader),
];

/// What a cell of the matrix holds: how the call ended, and after how many attempts.
type Cell = (String, u32);

#[tokio::test(flavor = "multi_thread")]
async fn fault_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, vec![7; 200_000]).unwrap();
    // One for all cells: to set one up costs more than a call.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let cells = FAULTS
        .into_iter()
        .flat_map(|fault| COLUMNS.map(|column| (fault, column)));
    let cells: Vec<_> = stream::iter(cells)
        .map(|(fault, column)| {
            let (path, http) = (path.clone(), http.clone());
            async move {
                let found = tokio::spawn(cell(fault, column, path, http)).await.unwrap();
                (fault, column, found)
            }
        })
        .buffered(16)
        .collect()
        .await;
    print!("{}", table(&cells));
    for (fault, column, found) in cells {
        assert_eq!(found, expected(fault, column), "{fault:?} {column:?}");
    }
}

/// Makes one call to a server of its own.
async fn cell(fault: Fault, column: Column, path: PathBuf, http: reqwest::Client) -> Cell {
    let server = Server::start(fault).await;
    let (operation, upload) = column;
    let image = match upload {
        Upload::None => ImageSource::url("https://pictures.example/label.png"),
        Upload::Bytes => std::fs::read(&path).unwrap().into(),
        Upload::File => path.into(),
        Upload::Reader => ImageSource::reader(std::io::Cursor::new(vec![7; 200_000]), 200_000),
    };
    let client = client(fault, &server.base_url(), http);
    let resent = tracer::Resent::default();
    let call = async {
        match operation {
            "generate" => {
                let request = client.generate(EncodeBarcodeType::Qr, "x");
                request.send().await.map(|image| image.bytes().len())
            }
            "scan" => client.scan(image).send().await.map(|found| found.len()),
            _ => {
                let mut request = client.recognize(image);
                if operation == SEVERAL {
                    request = request.types([DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec]);
                }
                request.send().await.map(|found| found.len())
            }
        }
    };
    let outcome = call.with_subscriber(resent.clone()).await;
    let attempts = resent.count() + 1;
    // What the client says of its attempts is what the server saw of them, if it came so far within
    // a short deadline.
    if !matches!(fault, Fault::ConnectRefused | Fault::Hang | Fault::SlowDrip) {
        assert_eq!(
            server.attempts(),
            attempts,
            "{fault:?} {column:?} {outcome:?}"
        );
    }
    (told(fault, outcome), attempts)
}

/// Deadlines are short only in the faults that test them. Elsewhere, a slow machine would exceed
/// them.
fn client(fault: Fault, base_url: &str, http: reqwest::Client) -> Client {
    let long = Duration::from_secs(60);
    let short = Duration::from_millis(200);
    let at_once = Duration::from_millis(1);
    let mut retry = Retry::default().pauses(at_once, Duration::from_secs(5));
    retry = retry.server_errors(fault == Fault::ServerErrorAgain);
    retry = retry.lost_responses(matches!(
        fault,
        Fault::LostAnswerAgain | Fault::GatewayTimeoutAgain
    ));
    let builder = Client::builder()
        .base_url(base_url)
        .retry(retry)
        .max_response_bytes(4096)
        .http(http);
    let builder = match fault {
        Fault::Hang | Fault::SlowDrip => builder.attempt_timeout(short).idle_timeout(long),
        Fault::Stall => builder.attempt_timeout(long).idle_timeout(short),
        _ => builder.attempt_timeout(long).idle_timeout(long),
    };
    // Only who can get another token sends again after a 401.
    let builder = match fault {
        Fault::Status(401, _) => builder
            .credentials(ClientCredentials::new("id", "secret").unwrap())
            .token_url(base_url.replace("/v4.0", "/connect/token")),
        _ => {
            let token = TokenSource::static_token("token").allow_insecure_loopback(true);
            builder.token_source(token.build().unwrap())
        }
    };
    builder.build().unwrap()
}

/// How a call ended, in a word or two; what an error must say is asserted on the way.
fn told(fault: Fault, outcome: Result<usize, Error>) -> String {
    let error = match outcome {
        Ok(length) => return format!("ok {}", if length > 0 { "found" } else { "empty" }),
        Err(error) => error,
    };
    let line = error.to_string();
    assert!(
        !line.contains('\n') && line.contains(';'),
        "one line, with what to do next: {line}"
    );
    match &error {
        Error::Api(api) => {
            let status = api.status.as_u16();
            assert_eq!(api.request_id.as_deref(), Some("r-1"), "{error:?}");
            if matches!(fault, Fault::TooManySeconds | Fault::TooManyDate) {
                assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
            }
            let html = fault == Fault::HtmlError;
            assert_eq!(
                api.code.as_deref(),
                (!html).then_some("errorCode"),
                "{error:?}"
            );
            assert_eq!(error.is_auth(), status == 401);
            assert_eq!(error.is_client_error(), status == 400);
            format!("api {status}")
        }
        Error::Transport { source } if source.is_connect() => "connect".into(),
        Error::Transport { .. } => "broken off".into(),
        Error::Timeout {
            deadline: Deadline::Attempt,
            ..
        } => "attempt timeout".into(),
        Error::Timeout {
            deadline: Deadline::Idle,
            ..
        } => "idle timeout".into(),
        Error::InvalidResponse(response) if line.contains("more than 4096 bytes") => {
            assert_eq!(response.body(), "");
            "too long".into()
        }
        Error::InvalidResponse(_) => "invalid".into(),
        other => format!("{other:?}"),
    }
}

fn expected(fault: Fault, (operation, upload): Column) -> Cell {
    let draws = operation == "generate";
    // A reader that was read cannot be resent.
    let once = upload == Upload::Reader;
    let again = |attempts: u32| if once { 1 } else { attempts };
    let (told, attempts) = match fault {
        // A form's reader is first read when there is a connection, that of a body before it is
        // sent.
        Fault::ConnectRefused if operation == SEVERAL => ("connect", again(3)),
        Fault::ConnectRefused => ("connect", 3),
        Fault::ResetBeforeHeaders | Fault::ResetInBody => ("broken off", 1),
        Fault::LostAnswerAgain => ("broken off", again(3)),
        Fault::Hang | Fault::SlowDrip => ("attempt timeout", 1),
        Fault::Stall => ("idle timeout", 1),
        Fault::Status(401, 1) if once => ("api 401", 1),
        Fault::Status(401, 1) => ("ok found", 2),
        Fault::Status(401, _) => ("api 401", again(2)),
        Fault::Status(403, _) => ("api 403", 1),
        Fault::TooManySeconds | Fault::TooManyDate => ("api 429", 1),
        Fault::TooManyOnce if once => ("api 429", 1),
        Fault::TooManyOnce => ("ok found", 2),
        Fault::Status(500, _) => ("api 500", 1),
        Fault::ServerErrorAgain => ("api 500", again(3)),
        Fault::Status(408, _) => ("api 408", 1),
        // The request may have been billed, so a gateway's error is not answered with another one.
        Fault::Status(502, _) | Fault::HtmlError => ("api 502", 1),
        Fault::Status(504, _) => ("api 504", 1),
        Fault::GatewayTimeoutAgain => ("api 504", again(3)),
        Fault::Status(503, 2) if once => ("api 503", 1),
        Fault::Status(503, 2) => ("ok found", 3),
        Fault::Status(..) => unreachable!("not in the table"),
        Fault::HtmlSuccess | Fault::TruncatedJson | Fault::Empty => ("invalid", 1),
        Fault::XmlError => ("api 400", 1),
        Fault::WrongContentType if draws => ("invalid", 1),
        Fault::WrongContentType => ("ok found", 1),
        Fault::OverTheLimit | Fault::OverTheLimitChunked => ("too long", 1),
    };
    (told.to_owned(), attempts)
}

fn table(cells: &[(Fault, Column, Cell)]) -> String {
    let mut text = String::from("\nHow each call ended, and after how many attempts.\n\n");
    let _ = write!(text, "{:<22}", "fault");
    for (operation, _) in COLUMNS {
        let _ = write!(text, " | {operation:<19}");
    }
    let _ = write!(text, "\n{:<22}", "");
    for (_, upload) in COLUMNS {
        let _ = write!(text, " | {:<19}", upload.to_string());
    }
    for row in cells.chunks(COLUMNS.len()) {
        let _ = write!(text, "\n{:<22}", name(row[0].0));
        for (_, _, (told, attempts)) in row {
            let _ = write!(text, " | {:<19}", format!("{told} x{attempts}"));
        }
    }
    text.push_str("\n\n");
    text
}

fn name(fault: Fault) -> String {
    match fault {
        Fault::Status(status, 1) => format!("{status} once"),
        Fault::Status(status, 2) => format!("{status} twice"),
        Fault::Status(status, _) => format!("{status} always"),
        other => format!("{other:?}"),
    }
}
