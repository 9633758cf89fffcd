//! Lists the operations of a document.

use serde_json::Value;

use crate::pointer::Pointer;

/// The keys of a path item that hold operations, in the order of the OpenAPI specification.
pub const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An operation and where it is in the document.
#[derive(Clone, Debug)]
pub struct Operation<'d> {
    /// The path, such as `/barcode/generate/{barcodeType}`.
    pub path: &'d str,
    /// The HTTP method in lower case, one of [`METHODS`].
    pub method: &'static str,
    /// The path item that contains the operation.
    pub item: &'d Value,
    /// The place of the path item.
    pub at_item: Pointer,
    /// The operation.
    pub node: &'d Value,
    /// The place of the operation.
    pub at: Pointer,
}

/// Returns the operations of `document`, path by path in its order.
pub fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    let at_paths = Pointer::default().join("paths");
    let items = document["paths"].as_object().into_iter().flatten();
    items.flat_map(move |(path, item)| {
        let at_item = at_paths.join(path);
        METHODS.into_iter().filter_map(move |method| {
            Some(Operation {
                path,
                method,
                item,
                node: item.get(method)?,
                at: at_item.join(method),
                at_item: at_item.clone(),
            })
        })
    })
}
