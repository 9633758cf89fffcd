//! Generate, recognize and scan barcodes through Aspose.BarCode Cloud v4.0
