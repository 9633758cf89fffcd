//! Compares security requirements, security schemes and servers.

use serde_json::{Map, Value};

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::operations::Operation;
use super::rules::Class;

impl<'d> Comparison<'d> {
    /// Compares the security requirements and servers that apply to operations without their own.
    pub(super) fn default_security(&mut self) {
        let (old, new) = (self.old.clone(), self.new.clone());
        let place = Place::part("security of every operation");
        self.requirements(
            &place,
            &requirements(&old, &old),
            &requirements(&new, &new),
            &new,
        );
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
            match found {
                Some(index) => self.scopes(place, old, added.remove(index), node),
                None => {
                    let text = format!("{} removed", requirement_name(old));
                    self.facts
                        .record(Class::Breaking, "security-removed", place, node, text);
                }
            }
        }
        for new in added {
            let text = format!("{} added", requirement_name(new));
            self.facts
                .record(Class::Additive, "security-added", place, node, text);
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
                self.facts
                    .record(Class::Breaking, "scope-added", place, node, text);
            }
            for scope in before.iter().filter(|scope| !after.contains(scope)) {
                let text = format!("`{scheme}` no longer requires scope `{scope}`");
                self.facts
                    .record(Class::Additive, "scope-removed", place, node, text);
            }
        }
    }

    pub(super) fn security_schemes(&mut self) {
        let schemes = |root: &Node<'d>| {
            let components = root.get("components");
            components
                .map(|all| all.entries("securitySchemes"))
                .unwrap_or_default()
        };
        let (before, after) = (schemes(&self.old), schemes(&self.new));
        for (name, scheme) in &after {
            let place = Place::part(format!("security scheme `{name}`"));
            match before.iter().find(|(known, _)| known == name) {
                Some((_, old)) => self.scheme(&place, &old.resolved(), &scheme.resolved()),
                None => self.facts.record(
                    Class::Additive,
                    "security-scheme-added",
                    &place,
                    scheme,
                    "added",
                ),
            }
        }
        for (name, scheme) in &before {
            if !after.iter().any(|(known, _)| known == name) {
                let place = Place::part(format!("security scheme `{name}`"));
                self.facts.record(
                    Class::Breaking,
                    "security-scheme-removed",
                    &place,
                    scheme,
                    "removed",
                );
            }
        }
    }

    fn scheme(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["type", "in", "name", "scheme", "openIdConnectUrl"] {
            self.fact(place, keyword, (old, new), Class::Breaking);
        }
        // OpenAPI defines this field as documentation only.
        self.fact(place, "bearerFormat", (old, new), Class::Docs);
        let (before, after) = (old.entries("flows"), new.entries("flows"));
        for (name, flow) in &after {
            let place = place.inside(format_args!("flow {name}"));
            match before.iter().find(|(known, _)| known == name) {
                Some((_, old)) => self.flow(&place, old, flow),
                None => self
                    .facts
                    .record(Class::Additive, "flow-added", &place, flow, "added"),
            }
        }
        for (name, flow) in &before {
            if !after.iter().any(|(known, _)| known == name) {
                let place = place.inside(format_args!("flow {name}"));
                self.facts
                    .record(Class::Breaking, "flow-removed", &place, flow, "removed");
            }
        }
        self.descriptions(place, old, new);
    }

    fn flow(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["authorizationUrl", "tokenUrl", "refreshUrl"] {
            self.fact(place, keyword, (old, new), Class::Breaking);
        }
        let (before, after) = (old.entries("scopes"), new.entries("scopes"));
        for (scope, node) in &after {
            match before.iter().find(|(known, _)| known == scope) {
                Some((_, old)) => self.prose(
                    &place.inside(format_args!("scope `{scope}`")),
                    "description",
                    Some(old.value),
                    Some(node.value),
                    node,
                ),
                None => self.facts.record(
                    Class::Additive,
                    "flow-scope-added",
                    place,
                    node,
                    format!("scope `{scope}` added"),
                ),
            }
        }
        for (scope, node) in &before {
            if !after.iter().any(|(known, _)| known == scope) {
                self.facts.record(
                    Class::Breaking,
                    "flow-scope-removed",
                    place,
                    node,
                    format!("scope `{scope}` removed"),
                );
            }
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
            self.facts
                .record(class, "security-scheme-changed", place, new, text);
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
            let own = nodes
                .into_iter()
                .find(|node| node.get("servers").is_some())
                .cloned();
            (own.is_some(), own.unwrap_or_else(|| root.clone()))
        };
        let (before, after) = (own(old, &self.old), own(new, &self.new));
        if before.0 || after.0 {
            self.servers(&place.inside("servers"), &before.1, &after.1);
        }
    }

    fn servers(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let (before, after) = (old.items("servers"), new.items("servers"));
        let url = |server: &Node<'d>| server.text("url").unwrap_or_default().to_owned();
        for server in &after {
            match before.iter().find(|known| url(known) == url(server)) {
                Some(known) => {
                    let place = place.inside(format_args!("`{}`", url(server)));
                    self.uncovered_keyword(&place, "variables", known, server);
                    self.descriptions(&place, known, server);
                }
                None => self.facts.record(
                    Class::Additive,
                    "server-added",
                    place,
                    server,
                    format!("`{}` added", url(server)),
                ),
            }
        }
        for server in &before {
            if !after.iter().any(|known| url(known) == url(server)) {
                self.facts.record(
                    Class::Breaking,
                    "server-removed",
                    place,
                    server,
                    format!("`{}` removed", url(server)),
                );
            }
        }
        if let (Some(was), Some(now)) = (before.first(), after.first())
            && url(was) != url(now)
            && after.iter().any(|server| url(server) == url(was))
        {
            let text = format!(
                "the first server, which clients use by default, is now `{}`",
                url(now)
            );
            self.facts
                .record(Class::Breaking, "server-order-changed", place, now, text);
        }
    }
}

/// The requirements of an operation or of the whole document, each with sorted schemes. An empty
/// requirement means that no authorization is required.
fn requirements(node: &Node<'_>, root: &Node<'_>) -> Vec<Map<String, Value>> {
    let from = if node.get("security").is_some() {
        node
    } else {
        root
    };
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
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
