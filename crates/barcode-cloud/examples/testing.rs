//! Three ways to test code that uses the client, from the fastest to the most faithful: results
//! that the test constructs, a middleware that answers, and a sandbox.
//!
//! `cargo test -p barcode-cloud --example testing`

use std::path::Path;

use barcode_cloud::{Barcodes, Client, DecodeBarcodeType, Error};

#[cfg(test)]
mod support;

/// The code under test: finds the number of a parcel among the barcodes of its label.
pub(crate) fn parcel_number(barcodes: &Barcodes) -> Option<&str> {
    barcodes.iter().find_map(|barcode| barcode.value.strip_prefix("PARCEL-"))
}

/// The code under test: returns the number of the parcel whose label is in the photo.
pub(crate) async fn read_parcel(client: &Client, photo: &Path) -> Result<Option<String>, Error> {
    let barcodes = client.recognize(photo).types([DecodeBarcodeType::Code128]).await?;
    Ok(parcel_number(&barcodes).map(str::to_owned))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let parcel = read_parcel(&Client::from_env()?, Path::new("photo.png")).await?;
    println!("parcel {}", parcel.as_deref().unwrap_or("unknown"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use barcode_cloud::middleware::{
        Extensions, Middleware, Next, Request, Response, Result, async_trait,
    };
    use barcode_cloud::reqwest::StatusCode;
    use barcode_cloud::{
        Barcode, Barcodes, Client, DecodeBarcodeType, EncodeBarcodeType, Retry, TokenSource,
    };

    use super::{parcel_number, read_parcel, support};

    #[test]
    fn with_results_that_the_test_constructs() {
        let label = |value| Barcodes::from_iter([Barcode::new(DecodeBarcodeType::Code128, value)]);
        assert_eq!(parcel_number(&label("PARCEL-0042")), Some("0042"));
        assert_eq!(parcel_number(&label("SOMETHING")), None);
    }

    /// Answers every request with this status and body. Nothing is sent.
    struct Answer(StatusCode, &'static str);

    #[async_trait]
    impl Middleware for Answer {
        async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
            let mut response = http::Response::new(self.1);
            *response.status_mut() = self.0;
            Ok(response.into())
        }
    }

    fn client(answer: Answer) -> Client {
        let client =
            Client::builder().token_source(TokenSource::static_token("test").build().unwrap());
        client.retry(Retry::none()).middleware(answer).build().unwrap()
    }

    #[tokio::test]
    async fn with_a_middleware_that_answers() {
        let photo = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&photo, "a photo").unwrap();

        let found = r#"{"barcodes": [{"barcodeValue": "PARCEL-0042", "type": "Code128"}]}"#;
        let parcel = read_parcel(&client(Answer(StatusCode::OK, found)), photo.path()).await;
        assert_eq!(parcel.unwrap().as_deref(), Some("0042"));

        let busy = client(Answer(StatusCode::TOO_MANY_REQUESTS, ""));
        let error = read_parcel(&busy, photo.path()).await.unwrap_err();
        assert!(error.is_rate_limited() && !error.may_have_been_billed());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn with_a_sandbox() {
        let (_sandbox, client) = support::sandbox().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (data, expected) in [("PARCEL-0042", Some("0042")), ("SOMETHING", None)] {
            let photo = folder.path().join("photo.png");
            let label = client.generate(EncodeBarcodeType::Code128, data);
            label.save(&photo).await.unwrap();
            let parcel = read_parcel(&client, &photo).await.unwrap();
            assert_eq!(parcel.as_deref(), expected);
        }
    }
}
