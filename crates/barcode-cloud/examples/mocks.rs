//! Tests with typed mocks: fast tests of code that uses the client, in which each test chooses the
//! responses.
//!
//! `cargo test -p barcode-cloud --example mocks`

use barcode_cloud::{Client, EncodeBarcodeType, Error, ImageSource};

/// The code under test: generates the label of a parcel.
pub(crate) async fn label(client: &Client, parcel: u64) -> Result<Vec<u8>, Error> {
    let data = format!("PARCEL-{parcel:04}");
    let image = client.generate(EncodeBarcodeType::Code128, data).send().await?;
    Ok(image.into_bytes().to_vec())
}

/// The code under test: returns the number of the parcel whose label is in the photo.
pub(crate) async fn parcel(client: &Client, photo: ImageSource) -> Result<Option<u64>, Error> {
    let found = client.scan(photo).await?;
    let number = found.iter().find_map(|barcode| barcode.value.strip_prefix("PARCEL-"));
    Ok(number.and_then(|number| number.parse().ok()))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::from_env()?;
    let label = label(&client, 42).await?;
    println!("parcel {:?}", parcel(&client, label.into()).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use barcode_cloud::api::mock::MockServerExt as _;
    use barcode_cloud::api::types::{EncodeData, GenerateParams};
    use barcode_cloud::{
        Barcode, Barcodes, Client, DecodeBarcodeType, EncodeBarcodeType, Retry, TokenSource,
    };
    use httpmock::MockServer;

    use super::{label, parcel};

    /// Returns a client of a mock server. It has a static token, which needs no token endpoint.
    fn client(server: &MockServer) -> Client {
        let token = TokenSource::static_token("test").allow_insecure_loopback(true);
        Client::builder()
            .base_url(server.base_url())
            .token_source(token.build().unwrap())
            .retry(Retry::none())
            .build()
            .unwrap()
    }

    #[tokio::test]
    async fn a_label_contains_the_number_of_the_parcel() {
        let server = MockServer::start_async().await;
        // The body of the request that the client sends.
        let expected = GenerateParams::builder()
            .barcode_type(EncodeBarcodeType::Code128)
            .encode_data(EncodeData::builder().data("PARCEL-0042"));
        let expected = expected.try_into().unwrap();
        let mock = server.generate_body(|when, then| {
            when.body(&expected);
            then.ok("image/svg+xml", b"<svg/>");
        });
        assert_eq!(label(&client(&server), 42).await.unwrap(), b"<svg/>");
        mock.assert_async().await;
    }

    #[tokio::test]
    async fn the_number_of_a_parcel_is_read() {
        let parcel_42 = Barcode::new(DecodeBarcodeType::Code128, "PARCEL-0042");
        for (found, expected) in [(vec![parcel_42], Some(42)), (vec![], None)] {
            let server = MockServer::start_async().await;
            let mock = server.scan_multipart(|when, then| {
                when.file(b"a photo");
                then.ok(&Barcodes::from(found).into());
            });
            let photo = b"a photo".as_slice().into();
            assert_eq!(parcel(&client(&server), photo).await.unwrap(), expected);
            mock.assert_async().await;
        }
    }

    #[tokio::test]
    async fn an_outage_is_retryable() {
        let server = MockServer::start_async().await;
        server
            .mock_async(|_, then| {
                then.status(503).header("retry-after", "7");
            })
            .await;
        let error = label(&client(&server), 42).await.unwrap_err();
        assert!(error.is_retryable());
        assert_eq!(error.retry_after().unwrap().as_secs(), 7);
    }
}
