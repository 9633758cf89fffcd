//! A local emulator of the Aspose.BarCode Cloud v4.0 API, with a real barcode engine and token endpoint
