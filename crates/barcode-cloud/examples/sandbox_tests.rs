//! Tests with a sandbox: tests of code that uses the client, with real tokens and real barcodes but
//! without a network.
//!
//! `cargo test -p barcode-cloud --example sandbox_tests`

use std::path::Path;

use barcode_cloud::{Client, DecodeBarcodeType, Error};

#[cfg(test)]
mod support;

/// The code under test: returns the number of the parcel whose label is in the photo.
pub(crate) async fn parcel(client: &Client, photo: &Path) -> Result<Option<String>, Error> {
    let barcodes = client
        .recognize(photo)
        .types([DecodeBarcodeType::Code128])
        .send()
        .await?;
    let mut values = barcodes.into_iter().map(|barcode| barcode.value);
    Ok(values.find_map(|value| value.strip_prefix("PARCEL-").map(str::to_owned)))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let parcel = parcel(&Client::from_env()?, Path::new("photo.png")).await?;
    println!("parcel {}", parcel.as_deref().unwrap_or("unknown"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use barcode_cloud::EncodeBarcodeType;

    use super::{parcel, support};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_parcel_is_identified_by_its_label() {
        let (_sandbox, client) = support::sandbox().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (data, expected) in [("PARCEL-0042", Some("0042")), ("SOMETHING", None)] {
            let photo = folder.path().join("photo.png");
            let label = client.generate(EncodeBarcodeType::Code128, data);
            label.save(&photo).await.unwrap();
            let parcel = parcel(&client, &photo).await.unwrap();
            assert_eq!(parcel.as_deref(), expected);
        }
    }
}
