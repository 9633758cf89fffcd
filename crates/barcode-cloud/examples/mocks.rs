//! Tests with typed mocks: fast tests of code that uses the client, in which each test chooses the
//! responses.
//!
//! `cargo test -p barcode-cloud --example mocks`

use barcode_cloud::{Client, EncodeBarcodeType, Error};

/// The code under test: generates the label of a parcel.
pub(crate) async fn label(client: &Client, parcel: u64) -> Result<Vec<u8>, Error> {
    let data = format!("PARCEL-{parcel:04}");
    let image = client.generate(EncodeBarcodeType::Code128, data).send().await?;
    Ok(image.into_bytes().to_vec())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let label = label(&Client::from_env()?, 42).await?;
    println!("a label of {} bytes", label.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use barcode_cloud::api::mock::MockServerExt as _;
    use barcode_cloud::api::types::{EncodeData, GenerateParams};
    use barcode_cloud::{Client, EncodeBarcodeType, Retry, TokenSource};
    use httpmock::MockServer;

    use super::label;

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
