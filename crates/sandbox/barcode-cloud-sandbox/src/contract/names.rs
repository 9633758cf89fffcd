//! The names of the operations, by path and method.

use std::sync::Arc;

use http::Method;

use super::Document;

/// The name of the token endpoint among the operations.
pub(crate) const TOKEN: &str = "token";

/// The ids of the operations, by path and method.
#[derive(Debug)]
pub(crate) struct OperationNames {
    operations: Vec<(Method, String, Arc<str>)>,
    token_path: String,
    token: Arc<str>,
}

impl OperationNames {
    pub(crate) fn of(document: &Document) -> Self {
        let operations = document.operations.iter().map(|operation| {
            let path = format!("{}{}", document.base_path, operation.path);
            (operation.method.clone(), path, Arc::from(operation.id.as_str()))
        });
        Self {
            operations: operations.collect(),
            token_path: document.token_path.clone(),
            token: TOKEN.into(),
        }
    }

    /// All ids, including that of the token endpoint.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|(_, _, id)| &**id).chain([&*self.token])
    }

    /// The spelling in the document of an operation that a user named. An unknown operation is an
    /// error.
    pub(crate) fn known(&self, given: &str) -> Result<String, String> {
        let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
        let ids: Vec<_> = self.all().collect();
        let known = ids.iter().find(|known| plain(known) == plain(given));
        known.map(|known| (*known).to_owned()).ok_or_else(|| {
            let known = ids.join(", ");
            format!("{given:.100} is not an operation; the operations are {known}")
        })
    }

    /// The id of the operation at a path of the router.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<Arc<str>> {
        if path == self.token_path {
            return Some(Arc::clone(&self.token));
        }
        // The router handles HEAD as GET without the body.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let mut operations = self.operations.iter();
        let (_, _, id) = operations.find(|known| known.0 == method && known.1 == path)?;
        Some(Arc::clone(id))
    }
}
