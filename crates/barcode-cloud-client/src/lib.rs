//! Typed client of the Aspose.BarCode Cloud v4.0 REST API, generated from its OpenAPI document
