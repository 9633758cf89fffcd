//! `barcode recognize` and `barcode scan`: read images and print the values of their barcodes.

mod annotate;
mod arguments;
mod report;
mod sources;

use std::io::Write;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use barcode_cloud::{Barcodes, Client, DecodeBarcodeType, Error, ImageSource, RecognitionMode};
use futures_util::{StreamExt as _, stream};
use tokio::io::AsyncReadExt as _;

use self::arguments::Images;
pub(crate) use self::arguments::{Recognize, Scan};
use self::report::Report;
use self::sources::Source;
use crate::arguments::Service;
use crate::{connect, terminal};

/// The operation to run on each image.
enum Operation {
    Recognize { types: Vec<DecodeBarcodeType>, mode: Option<RecognitionMode> },
    Scan,
}

pub(crate) async fn recognize(
    service: Service,
    arguments: Recognize,
    quiet: bool,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let Recognize { images, types, mode } = arguments;
    run(service, Operation::Recognize { types, mode }, images, quiet, out).await
}

pub(crate) async fn scan(
    service: Service,
    arguments: Scan,
    quiet: bool,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    run(service, Operation::Scan, arguments.images, quiet, out).await
}

/// Reads several images at a time and prints their barcodes in order. An image that cannot be read
/// does not end the run, but a rejected client does.
async fn run(
    service: Service,
    operation: Operation,
    images: Images,
    quiet: bool,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let sources = sources::expand(&images.paths, images.recursive);
    let count = sources.len();
    let copies = copies(&sources, images.annotate.as_ref())?;
    let connection = connect::connect(service).await?;
    let progress = terminal::progress(if quiet { 0 } else { count });
    let mut report = Report::new(images.format(), count, quiet, out);
    let (client, operation) = (&connection.client, &operation);
    let outcomes = stream::iter(sources.into_iter().zip(copies)).map(|(source, copy)| async move {
        let (found, saved) = operation.read(client, &source, copy).await;
        (source.name(), found, saved)
    });
    let mut outcomes = outcomes.buffered(images.jobs.get());
    let mut interrupted = pin!(terminal::interrupted());
    loop {
        let next = tokio::select! {
            biased;
            () = &mut interrupted => {
                progress.finish_and_clear();
                return Ok(report.finish(true)?);
            }
            next = outcomes.next() => next,
        };
        let Some((name, found, saved)) = next else {
            break;
        };
        progress.suspend(|| report.add(&name, &found, saved))?;
        progress.inc(1);
        // All other images would fail too.
        let error = found.as_ref().err();
        if error.is_some_and(|error| error.downcast_ref().is_some_and(Error::is_auth)) {
            break;
        }
    }
    progress.finish_and_clear();
    Ok(report.finish(false)?)
}

/// Returns the path of the annotated copy of each image, and creates their folder.
fn copies(sources: &[Source], folder: Option<&PathBuf>) -> anyhow::Result<Vec<Option<PathBuf>>> {
    let Some(folder) = folder else {
        return Ok(vec![None; sources.len()]);
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    let names = sources::copy_names(sources).into_iter();
    Ok(names.map(|name| Some(folder.join(name))).collect())
}

impl Operation {
    /// Reads an image, and saves an annotated copy if there is a path for it. The barcodes have
    /// been paid for, so an error of the copy is separate.
    async fn read(
        &self,
        client: &Client,
        source: &Source,
        copy: Option<PathBuf>,
    ) -> (anyhow::Result<Barcodes>, anyhow::Result<()>) {
        let Some(copy) = copy else {
            return (self.found(client, image(source).await).await, Ok(()));
        };
        let bytes = match bytes(source).await {
            Ok(bytes) => bytes,
            Err(error) => return (Err(error), Ok(())),
        };
        match self.found(client, Ok(bytes.clone().into())).await {
            Ok(found) => {
                let barcodes = found.to_vec();
                let save = move || annotate::save(&bytes, &barcodes, &copy);
                let saved = tokio::task::spawn_blocking(save).await;
                (Ok(found), saved.unwrap_or_else(|error| Err(error.into())))
            }
            Err(error) => (Err(error), Ok(())),
        }
    }

    async fn found(
        &self,
        client: &Client,
        image: anyhow::Result<ImageSource>,
    ) -> anyhow::Result<Barcodes> {
        Ok(self.send(client, image?).await?)
    }

    async fn send(&self, client: &Client, image: ImageSource) -> Result<Barcodes, Error> {
        match self {
            Self::Scan => client.scan(image).send().await,
            Self::Recognize { types, mode } => {
                let mut request = client.recognize(image).types(types.iter().copied());
                if let Some(mode) = mode {
                    request = request.mode(*mode);
                }
                request.send().await
            }
        }
    }
}

async fn image(source: &Source) -> anyhow::Result<ImageSource> {
    match source {
        Source::File(path) => Ok(path.as_path().into()),
        Source::Url(url) => Ok(ImageSource::url(url)),
        Source::StandardInput | Source::Invalid { .. } => Ok(bytes(source).await?.into()),
    }
}

async fn bytes(source: &Source) -> anyhow::Result<Vec<u8>> {
    match source {
        Source::File(path) => {
            let read = tokio::fs::read(path).await;
            read.map_err(|source| {
                Error::File { path: path.clone(), after_response: false, source }.into()
            })
        }
        Source::StandardInput => {
            let mut bytes = Vec::new();
            let read = tokio::io::stdin().read_to_end(&mut bytes).await;
            read.context("cannot read standard input")?;
            Ok(bytes)
        }
        Source::Url(_) => Err(anyhow!(
            "--annotate needs a file, because the service downloads the image of a URL"
        )),
        Source::Invalid { reason, .. } => Err(anyhow!("{reason}")),
    }
}
