//! A value of a document with its place, and the target of its reference. The references were
//! checked by [`validate`](crate::validate()): each has a target in the same document, and there
//! are no cycles.

use serde_json::Value;

use crate::pointer::Pointer;

/// A value inside `root`.
#[derive(Clone, Debug)]
pub(super) struct Node<'d> {
    root: &'d Value,
    pub(super) value: &'d Value,
    pub(super) at: Pointer,
}

impl<'d> Node<'d> {
    pub(super) fn root(root: &'d Value) -> Self {
        Self { root, value: root, at: Pointer::default() }
    }

    /// The value of `key`. A reference is not followed.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.inside(key, value))
    }

    /// Like [`Self::get`], along several keys.
    pub(super) fn path(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self.clone(), |node, key| node.get(key))
    }

    /// The entries of the object under `key`, in the order of the document. Empty if the key is
    /// missing.
    pub(super) fn entries(&self, key: &str) -> Vec<(&'d str, Self)> {
        self.get(key).map_or_else(Vec::new, |map| map.members())
    }

    /// The entries of this object.
    pub(super) fn members(&self) -> Vec<(&'d str, Self)> {
        let map = self.value.as_object();
        map.into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), self.inside(key, value)))
            .collect()
    }

    /// The items of the list under `key`.
    pub(super) fn items(&self, key: &str) -> Vec<Self> {
        self.get(key).map_or_else(Vec::new, |list| list.elements())
    }

    /// The items of this list.
    pub(super) fn elements(&self) -> Vec<Self> {
        let items = self.value.as_array();
        items
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(index, value)| self.inside(index, value))
            .collect()
    }

    pub(super) fn text(&self, key: &str) -> Option<&'d str> {
        self.value.get(key).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// The target of the reference in this value, or the value itself.
    pub(super) fn resolved(&self) -> Self {
        let mut node = self.clone();
        while let Some(next) = node.referred() {
            node = next;
        }
        node
    }

    /// The direct target of the reference in this value, if there is one.
    pub(super) fn referred(&self) -> Option<Self> {
        let at = place(self.text("$ref")?.strip_prefix('#')?);
        let value = self.root.pointer(at.as_str())?;
        Some(Self { root: self.root, value, at })
    }

    /// The name of this value if it is a shared schema.
    pub(super) fn schema_name(&self) -> Option<&'d str> {
        let name = self.at.as_str().strip_prefix("/components/schemas/")?;
        if name.contains('/') {
            return None;
        }
        let name = unescape(name);
        let schemas = self.root.pointer("/components/schemas")?.as_object()?;
        schemas.get_key_value(&name).map(|(name, _)| name.as_str())
    }

    fn inside(&self, token: impl std::fmt::Display, value: &'d Value) -> Self {
        Self { root: self.root, value, at: self.at.join(token) }
    }
}

/// An entry that only the new map has, that only the old one has, or that both have.
#[derive(Debug)]
pub(super) enum Entry<'d> {
    Added(Node<'d>),
    Removed(Node<'d>),
    Both(Node<'d>, Node<'d>),
}

/// Matches the entries of two maps by name: those of the new map in its order, then the removed
/// ones.
pub(super) fn matched<'d>(
    before: Vec<(&'d str, Node<'d>)>,
    after: Vec<(&'d str, Node<'d>)>,
    same: impl Fn(&str, &str) -> bool,
) -> Vec<(&'d str, Entry<'d>)> {
    let find = |entries: &[(&'d str, Node<'d>)], name: &str| {
        let found = entries.iter().find(|(known, _)| same(known, name));
        found.map(|(_, node)| node.clone())
    };
    let removed = before.iter().filter(|(name, _)| find(&after, name).is_none());
    let removed: Vec<_> =
        removed.map(|(name, node)| (*name, Entry::Removed(node.clone()))).collect();
    let mut entries: Vec<_> = after
        .into_iter()
        .map(|(name, new)| match find(&before, name) {
            Some(old) => (name, Entry::Both(old, new)),
            None => (name, Entry::Added(new)),
        })
        .collect();
    entries.extend(removed);
    entries
}

fn place(pointer: &str) -> Pointer {
    pointer.split('/').skip(1).fold(Pointer::default(), |at, token| at.join(unescape(token)))
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Node;

    #[test]
    fn a_chain_of_references_is_followed_to_its_end() {
        let document = json!({
            "a": {"$ref": "#/components/schemas/B~1x"},
            "components": {"schemas": {"B/x": {"$ref": "#/components/schemas/C"}, "C": {"type": "string"}}},
        });
        let root = Node::root(&document);
        let end = root.get("a").unwrap().resolved();
        assert_eq!(end.at.to_string(), "#/components/schemas/C");
        assert_eq!(end.schema_name(), Some("C"));
        let step = root.get("a").unwrap().referred().unwrap();
        assert_eq!(step.schema_name(), Some("B/x"));
        assert_eq!(root.schema_name(), None);
    }
}
