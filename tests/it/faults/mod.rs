//! The fault matrix: the outcome and the number of attempts of every operation, with every kind of
//! upload, for each fault of a server.
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

/// A fault of the server or of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// No server listens on the port.
    ConnectRefused,
    /// The connection is reset once the request has been read.
    ResetBeforeHeaders,
    /// The connection is reset after half of the response.
    ResetInBody,
    /// The server does not respond.
    Hang,
    /// The response arrives byte by byte, for longer than an attempt may take.
    SlowDrip,
    /// Only half of the response arrives.
    Stall,
    /// A status that is returned a number of times, before a success.
    Status(u16, usize),
    /// 429 with `Retry-After` in seconds, longer than a client waits.
    TooManySeconds,
    /// The same, but `Retry-After` is a date.
    TooManyDate,
    /// 429 with a `Retry-After` that has passed, once.
    TooManyOnce,
    /// 500, for a client that resends such requests.
    ServerErrorRetried,
    /// A reset before the headers, for a client that resends requests whose response was lost.
    LostResponseRetried,
    /// A gateway's 504, for a client that resends requests whose response was lost.
    GatewayTimeoutRetried,
    /// An HTML page of a proxy, with status 200.
    HtmlSuccess,
    /// An HTML page of a proxy, with status 502.
    HtmlError,
    /// An error as XML.
    XmlError,
    /// Half of the JSON, with a matching `Content-Length`.
    TruncatedJson,
    /// An empty body with status 200.
    Empty,
    /// A correct body with a wrong `Content-Type`.
    WrongContentType,
    /// A body larger than the client's limit, with its `Content-Length`.
    OverTheLimit,
    /// A body larger than the client's limit, in chunks.
    OverTheLimitChunked,
}

const ALWAYS: usize = usize::MAX;

const FAULTS: [Fault; 28] = [
    Fault::ConnectRefused,
    Fault::ResetBeforeHeaders,
    Fault::LostResponseRetried,
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
    Fault::ServerErrorRetried,
    Fault::Status(408, ALWAYS),
    Fault::Status(502, ALWAYS),
    Fault::Status(504, ALWAYS),
    Fault::GatewayTimeoutRetried,
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

/// How the image is uploaded.
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

/// Recognizes several types, for which the image is sent in a JSON body.
const SEVERAL: &str = "recognize several";

/// The requests of the facade, with each kind of upload that they support.
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

/// A cell of the matrix: how a call ended, and the number of its attempts.
type Cell = (String, u32);

#[tokio::test(flavor = "multi_thread")]
async fn fault_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, vec![7; 200_000]).unwrap();
    // All cells share one client, because creating a client costs more than a call.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let cells = FAULTS.into_iter().flat_map(|fault| COLUMNS.map(|column| (fault, column)));
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

/// Makes one call to its own server.
async fn cell(fault: Fault, column: Column, path: PathBuf, http: reqwest::Client) -> Cell {
    let server = Server::start(fault).await;
    let (operation, upload) = column;
    let image = match upload {
        Upload::None => ImageSource::url("https://images.example/label.png"),
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
    // The client and the server must count the same attempts. With a short deadline, a request may
    // not reach the server.
    if !matches!(fault, Fault::ConnectRefused | Fault::Hang | Fault::SlowDrip) {
        assert_eq!(server.attempts(), attempts, "{fault:?} {column:?} {outcome:?}");
    }
    (describe(fault, outcome), attempts)
}

/// Deadlines are short only in the faults that test them. Elsewhere, a slow machine would exceed
/// them.
fn client(fault: Fault, base_url: &str, http: reqwest::Client) -> Client {
    let long = Duration::from_secs(60);
    let short = Duration::from_millis(200);
    let at_once = Duration::from_millis(1);
    let mut retry = Retry::default().pauses(at_once, Duration::from_secs(5));
    retry = retry.server_errors(fault == Fault::ServerErrorRetried);
    retry = retry
        .lost_responses(matches!(fault, Fault::LostResponseRetried | Fault::GatewayTimeoutRetried));
    let builder =
        Client::builder().base_url(base_url).retry(retry).max_response_bytes(4096).http(http);
    let builder = match fault {
        Fault::Hang | Fault::SlowDrip => builder.attempt_timeout(short).idle_timeout(long),
        Fault::Stall => builder.attempt_timeout(long).idle_timeout(short),
        _ => builder.attempt_timeout(long).idle_timeout(long),
    };
    // After a 401, a request is resent only if the client can get another token.
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

/// Returns a short description of the outcome of a call, and checks the properties of its error.
fn describe(fault: Fault, outcome: Result<usize, Error>) -> String {
    let error = match outcome {
        Ok(length) => return format!("ok {}", if length > 0 { "found" } else { "empty" }),
        Err(error) => error,
    };
    let line = error.to_string();
    assert!(
        !line.contains('\n') && line.contains(';'),
        "an error must be one line with advice: {line}"
    );
    match &error {
        Error::Api(api) => {
            let status = api.status.as_u16();
            assert_eq!(api.request_id.as_deref(), Some("r-1"), "{error:?}");
            if matches!(fault, Fault::TooManySeconds | Fault::TooManyDate) {
                assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
            }
            let html = fault == Fault::HtmlError;
            assert_eq!(api.code.as_deref(), (!html).then_some("errorCode"), "{error:?}");
            assert_eq!(error.is_auth(), status == 401);
            assert_eq!(error.is_client_error(), status == 400);
            format!("api {status}")
        }
        Error::Transport { source } if source.is_connect() => "connect".into(),
        Error::Transport { .. } => "broken connection".into(),
        Error::Timeout { deadline: Deadline::Attempt, .. } => "attempt timeout".into(),
        Error::Timeout { deadline: Deadline::Idle, .. } => "idle timeout".into(),
        Error::InvalidResponse(response) if line.contains("more than 4096 bytes") => {
            assert_eq!(response.body(), "");
            "too long".into()
        }
        Error::InvalidResponse(_) => "invalid".into(),
        other => format!("{other:?}"),
    }
}

fn expected(fault: Fault, (operation, upload): Column) -> Cell {
    let is_generate = operation == "generate";
    // A request whose image is a reader cannot be resent.
    let once = upload == Upload::Reader;
    let again = |attempts: u32| if once { 1 } else { attempts };
    let (summary, attempts) = match fault {
        // In a form, the reader is read while the request is sent, after the connection was made.
        // In a JSON body, it is read before.
        Fault::ConnectRefused if operation == SEVERAL => ("connect", again(3)),
        Fault::ConnectRefused => ("connect", 3),
        Fault::ResetBeforeHeaders | Fault::ResetInBody => ("broken connection", 1),
        Fault::LostResponseRetried => ("broken connection", again(3)),
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
        Fault::ServerErrorRetried => ("api 500", again(3)),
        Fault::Status(408, _) => ("api 408", 1),
        // The request may have been billed, so it is not resent.
        Fault::Status(502, _) | Fault::HtmlError => ("api 502", 1),
        Fault::Status(504, _) => ("api 504", 1),
        Fault::GatewayTimeoutRetried => ("api 504", again(3)),
        Fault::Status(503, 2) if once => ("api 503", 1),
        Fault::Status(503, 2) => ("ok found", 3),
        Fault::Status(..) => unreachable!("not in `FAULTS`"),
        Fault::HtmlSuccess | Fault::TruncatedJson | Fault::Empty => ("invalid", 1),
        Fault::XmlError => ("api 400", 1),
        Fault::WrongContentType if is_generate => ("invalid", 1),
        Fault::WrongContentType => ("ok found", 1),
        Fault::OverTheLimit | Fault::OverTheLimitChunked => ("too long", 1),
    };
    (summary.to_owned(), attempts)
}

fn table(cells: &[(Fault, Column, Cell)]) -> String {
    let mut text = String::from("\nThe outcome of each call and the number of its attempts.\n\n");
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
        for (_, _, (summary, attempts)) in row {
            let _ = write!(text, " | {:<19}", format!("{summary} x{attempts}"));
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
