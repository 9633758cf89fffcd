//! Compares security requirements, security schemes and servers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Comparison;
use super::facts::Place;
use super::node::{Entry, Node, matched};
use super::operations::{Operation, operations};
use super::rules::Class;

impl<'d> Comparison<'d> {
    /// Compares the security requirements and servers that apply to operations without their own.
    pub(super) fn default_security(&mut self) {
        let (old, new) = (self.old.clone(), self.new.clone());
        let place = Place::part("security of every operation");
        self.requirements(&place, &requirements(&old, &old), &requirements(&new, &new), &new);
        let place = Place::part("servers");
        self.servers(&place, &old, &new);
    }

    pub(super) fn operation_security(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        // If neither has its own, the default was already compared.
        if old.get("security").is_some() || new.get("security").is_some() {
            let (before, after) = (requirements(old, &self.old), requirements(new, &self.new));
            self.requirements(&place.inside("security"), &before, &after, new);
        }
    }

    /// Compares the alternative requirements, of which a caller must meet one.
    fn requirements(
        &mut self,
        place: &Place,
        before: &[Map<String, Value>],
        after: &[Map<String, Value>],
        node: &Node<'d>,
    ) {
        let mut added: Vec<&Map<String, Value>> = after.iter().collect();
        for old in before {
            let found = added.iter().position(|new| new.keys().eq(old.keys()));
            if let Some(index) = found {
                self.scopes(place, old, added.remove(index), node);
                continue;
            }
            // A caller that meets the old requirement also meets a new one that demands less.
            let class = match after.iter().any(|new| meets(old, new)) {
                true => Class::Additive,
                false => Class::Breaking,
            };
            let text = format!("{} removed", requirement_name(old));
            self.facts.record(class, "security-removed", place, node, text);
        }
        for new in added {
            let text = format!("{} added", requirement_name(new));
            self.facts.record(Class::Additive, "security-added", place, node, text);
        }
    }

    fn scopes(
        &mut self,
        place: &Place,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
        node: &Node<'d>,
    ) {
        for (scheme, scopes) in new {
            let (before, after) = (texts(old.get(scheme)), texts(Some(scopes)));
            for scope in after.iter().filter(|scope| !before.contains(scope)) {
                let text = format!("`{scheme}` now requires scope `{scope}`");
                self.facts.record(Class::Breaking, "scope-added", place, node, text);
            }
            for scope in before.iter().filter(|scope| !after.contains(scope)) {
                let text = format!("`{scheme}` no longer requires scope `{scope}`");
                self.facts.record(Class::Additive, "scope-removed", place, node, text);
            }
        }
    }

    pub(super) fn security_schemes(&mut self) {
        let (old, new) = (self.old.clone(), self.new.clone());
        let schemes = |root: &Node<'d>| {
            let components = root.get("components");
            components.map_or_else(Vec::new, |all| all.entries("securitySchemes"))
        };
        let used = required_schemes(&old);
        for (name, entry) in matched(schemes(&old), schemes(&new), str::eq) {
            let place = Place::part(format!("security scheme `{name}`"));
            let (class, kind, node, text) = match &entry {
                Entry::Both(old, scheme) => {
                    self.scheme(&place, &old.resolved(), &scheme.resolved());
                    continue;
                }
                Entry::Added(scheme) => (Class::Additive, "security-scheme-added", scheme, "added"),
                Entry::Removed(scheme) => {
                    let (class, text) = match used.contains(name) {
                        true => (Class::Breaking, "removed"),
                        false => (Class::Docs, "removed; no operation required it"),
                    };
                    (class, "security-scheme-removed", scheme, text)
                }
            };
            self.facts.record(class, kind, &place, node, text);
        }
    }

    fn scheme(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["type", "in", "name", "scheme", "openIdConnectUrl"] {
            self.fact(place, keyword, (old, new), Class::Breaking);
        }
        // OpenAPI defines this field as documentation only.
        self.fact(place, "bearerFormat", (old, new), Class::Docs);
        for (name, entry) in matched(old.entries("flows"), new.entries("flows"), str::eq) {
            let place = place.inside(format_args!("flow {name}"));
            match &entry {
                Entry::Both(old, flow) => self.flow(&place, old, flow),
                Entry::Added(flow) => {
                    self.facts.record(Class::Additive, "flow-added", &place, flow, "added");
                }
                Entry::Removed(flow) => {
                    self.facts.record(Class::Breaking, "flow-removed", &place, flow, "removed");
                }
            }
        }
        self.descriptions(place, old, new);
    }

    fn flow(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["authorizationUrl", "tokenUrl", "refreshUrl"] {
            self.fact(place, keyword, (old, new), Class::Breaking);
        }
        for (scope, entry) in matched(old.entries("scopes"), new.entries("scopes"), str::eq) {
            let (class, kind, node, change) = match &entry {
                Entry::Both(old, new) => {
                    let place = place.inside(format_args!("scope `{scope}`"));
                    let (before, now) = (Some(old.value), Some(new.value));
                    self.prose(&place, "description", before, now, new);
                    continue;
                }
                Entry::Added(node) => (Class::Additive, "flow-scope-added", node, "added"),
                Entry::Removed(node) => (Class::Breaking, "flow-scope-removed", node, "removed"),
            };
            let text = format!("scope `{scope}` {change}");
            self.facts.record(class, kind, place, node, text);
        }
    }

    /// Compares one optional keyword.
    fn fact(
        &mut self,
        place: &Place,
        keyword: &str,
        (old, new): (&Node<'d>, &Node<'d>),
        class: Class,
    ) {
        let (before, after) = (old.text(keyword), new.text(keyword));
        if before != after {
            let value =
                |text: Option<&str>| text.map_or_else(|| "none".into(), |text| format!("`{text}`"));
            let text = format!("{keyword} {} -> {}", value(before), value(after));
            self.facts.record(class, "security-scheme-changed", place, new, text);
        }
    }

    pub(super) fn operation_servers(
        &mut self,
        place: &Place,
        old: &Operation<'d>,
        new: &Operation<'d>,
    ) {
        let own = |operation: &Operation<'d>, root: &Node<'d>| {
            let nodes = [&operation.node, &operation.item];
            let own = nodes.into_iter().find(|node| node.get("servers").is_some()).cloned();
            (own.is_some(), own.unwrap_or_else(|| root.clone()))
        };
        let (before, after) = (own(old, &self.old), own(new, &self.new));
        if before.0 || after.0 {
            self.servers(&place.inside("servers"), &before.1, &after.1);
        }
    }

    fn servers(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let servers = |node: &Node<'d>| -> Vec<(&'d str, Node<'d>)> {
            let servers = node.items("servers").into_iter();
            servers.map(|server| (server.text("url").unwrap_or_default(), server)).collect()
        };
        let (before, after) = (servers(old), servers(new));
        for (url, entry) in matched(before.clone(), after.clone(), same_url) {
            let (class, kind, node, text) = match &entry {
                Entry::Both(known, server) => {
                    let place = place.inside(format_args!("`{url}`"));
                    self.uncovered_keyword(&place, "variables", known, server);
                    self.descriptions(&place, known, server);
                    let old_url = known.text("url").unwrap_or_default();
                    if old_url == url {
                        continue;
                    }
                    let text = format!("`{old_url}` is now written `{url}`");
                    (Class::Docs, "server-url-rewritten", server, text)
                }
                Entry::Added(server) => {
                    let text = format!("`{url}` added");
                    (Class::Additive, "server-added", server, text)
                }
                Entry::Removed(server) => {
                    let text = format!("`{url}` removed");
                    (Class::Breaking, "server-removed", server, text)
                }
            };
            self.facts.record(class, kind, place, node, text);
        }
        if let (Some((was, _)), Some((now, node))) = (before.first(), after.first())
            && !same_url(was, now)
            && after.iter().any(|(url, _)| same_url(url, was))
        {
            let text = format!("the first server, which clients use by default, is now `{now}`");
            self.facts.record(Class::Breaking, "server-order-changed", place, node, text);
        }
    }
}

/// Server URLs are the same with and without a slash at the end, because paths begin with one.
fn same_url(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

/// Whether every caller that meets the requirement `old` also meets `new`.
fn meets(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    new.iter().all(|(scheme, scopes)| {
        let granted = texts(old.get(scheme));
        old.contains_key(scheme) && texts(Some(scopes)).iter().all(|scope| granted.contains(scope))
    })
}

/// The names of the schemes in the requirements of the document and of its operations.
fn required_schemes(root: &Node<'_>) -> BTreeSet<String> {
    let operations = operations(root).into_iter().map(|operation| operation.node);
    let owners = operations.chain([root.clone()]);
    let requirements = owners.flat_map(|owner| requirements(&owner, root));
    requirements.flat_map(|requirement| requirement.into_iter().map(|(name, _)| name)).collect()
}

/// The requirements of an operation or of the whole document, each with sorted schemes. An empty
/// requirement means that no authorization is required.
fn requirements(node: &Node<'_>, root: &Node<'_>) -> Vec<Map<String, Value>> {
    let from = if node.get("security").is_some() { node } else { root };
    let mut found: Vec<Map<String, Value>> = from
        .items("security")
        .iter()
        .filter_map(|requirement| requirement.value.as_object().cloned())
        .collect();
    found.iter_mut().for_each(Map::sort_keys);
    if found.is_empty() {
        found.push(Map::new());
    }
    found
}

fn requirement_name(requirement: &Map<String, Value>) -> String {
    if requirement.is_empty() {
        return "calling without authorization".into();
    }
    let names: Vec<String> = requirement
        .iter()
        .map(|(scheme, scopes)| match texts(Some(scopes)).as_slice() {
            [] => format!("`{scheme}`"),
            scopes => format!("`{scheme}` with scopes `{}`", scopes.join("`, `")),
        })
        .collect();
    names.join(" together with ")
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}
