//! Compares the fields of objects: which are declared, which are required, and whether others are
//! allowed.

use std::collections::BTreeSet;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, Change, Class, Direction};
use super::schemas::{Pair, null_change};
use super::shape::{Additional, Shape};
use super::wording::summary;

impl<'d> Comparison<'d> {
    pub(super) fn properties(&mut self, pair: &Pair<'_, 'd>) {
        for (name, property) in &pair.new.properties {
            match pair.old.property(name) {
                Some(before) => self.property(pair, name, before, property),
                None => self.property_added(pair, name, property),
            }
        }
        let direction = pair.direction;
        for (name, property) in &pair.old.properties {
            if pair.new.property(name).is_none() && is_sent_in(property, direction) {
                let class = rules::property_removed(direction);
                let place = pair.place.property(name);
                self.facts.record_in(
                    (class, direction),
                    "property-removed",
                    &place,
                    &property[0],
                    "removed",
                );
            }
        }
        self.undeclared_required(pair);
    }

    fn property_added(&mut self, pair: &Pair<'_, 'd>, name: &str, property: &[Node<'d>]) {
        let direction = pair.direction;
        if is_sent_in(property, direction) {
            let required = pair.new.required.contains(name);
            let class = rules::property_added(required, direction);
            let text = format!("added, {}", summary(&property[0], required));
            let place = pair.place.property(name);
            self.facts.record_in((class, direction), "property-added", &place, &property[0], text);
        }
    }

    /// Compares a property that both objects declare. `readOnly` and `writeOnly` exclude it from
    /// one direction.
    fn property(&mut self, pair: &Pair<'_, 'd>, name: &str, old: &[Node<'d>], new: &[Node<'d>]) {
        let (place, direction, node) = (pair.place.property(name), pair.direction, &new[0]);
        let messages = match direction {
            Direction::Request => "requests",
            Direction::Response => "responses",
        };
        match (is_sent_in(old, direction), is_sent_in(new, direction)) {
            (true, true) => {
                self.required(pair, name, node);
                self.all_of(&place, old, new, direction);
                if !place.is_form_field() {
                    let required = |shape: &Shape<'d>| shape.required.contains(name);
                    let old = (&Shape::read_all(old), required(pair.old));
                    let new = (&Shape::read_all(new), required(pair.new));
                    self.optionality(&place, old, new, node, direction);
                }
            }
            (false, true) => {
                let class = rules::property_added(pair.new.required.contains(name), direction);
                let text = format!("is now part of {messages}");
                self.facts.record_in((class, direction), "property-added", &place, node, text);
            }
            (true, false) => {
                let class = rules::property_removed(direction);
                let text = format!("is no longer part of {messages}");
                self.facts.record_in((class, direction), "property-removed", &place, node, text);
            }
            (false, false) => {}
        }
    }

    /// Raises the class of a change with which generated code has an `Option<T>` in place of a `T`,
    /// or the reverse. The change itself is already reported. `old` and `new` are a schema and
    /// whether its value is required.
    pub(super) fn optionality(
        &mut self,
        place: &Place,
        (old, old_required): (&Shape<'d>, bool),
        (new, new_required): (&Shape<'d>, bool),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let is_option = |shape: &Shape<'d>, required: bool| {
            shape.allows_null() || !required && !shape.is_collection()
        };
        if is_option(old, old_required) == is_option(new, new_required) {
            return;
        }
        let (kind, text) = if old_required != new_required {
            required_change(new_required)
        } else if old.allows_null() != new.allows_null() {
            null_change(new.allows_null())
        } else {
            // The type changed, which is reported as such.
            return;
        };
        let verdict = (Class::SourceBreaking, direction);
        self.facts.record_in(verdict, kind, place, node, text);
    }

    fn required(&mut self, pair: &Pair<'_, 'd>, name: &str, node: &Node<'d>) {
        let (before, now) = (pair.old.required.contains(name), pair.new.required.contains(name));
        if before != now {
            let place = pair.place.property(name);
            self.required_changed(&place, node, now, pair.direction);
        }
    }

    /// Reports a changed required flag of a property, parameter, header or body.
    pub(super) fn required_changed(
        &mut self,
        place: &Place,
        node: &Node<'d>,
        now: bool,
        direction: Direction,
    ) {
        let class = rules::required_changed(now, direction);
        let (kind, text) = required_change(now);
        self.facts.record_in((class, direction), kind, place, node, text);
    }

    /// Compares the required fields that neither object declares under `properties`.
    fn undeclared_required(&mut self, pair: &Pair<'_, 'd>) {
        let names: BTreeSet<&str> = pair.old.required.union(&pair.new.required).copied().collect();
        for name in names {
            if pair.old.property(name).is_none() && pair.new.property(name).is_none() {
                self.required(pair, name, pair.node);
            }
        }
    }

    pub(super) fn additional(&mut self, pair: &Pair<'_, 'd>) {
        use Additional::{Closed, Open, Schema};
        const KIND: &str = "additional-properties-changed";
        match (&pair.old.additional, &pair.new.additional) {
            (Open, Open) | (Closed, Closed) => {}
            (Schema(before), Schema(after)) => {
                let place = pair.place.inside("any other property");
                self.schema(&place, before, after, pair.direction);
            }
            (_, Closed) => {
                let class = rules::additional_closed(pair.direction);
                self.report(pair, class, KIND, "undeclared fields are now rejected");
            }
            (Closed, _) => {
                let class = rules::additional_opened(pair.direction);
                self.report(pair, class, KIND, "undeclared fields are now allowed");
            }
            (Open, Schema(_)) => {
                let text = "undeclared fields now have a schema";
                self.report_new_type(pair, Change::Narrower, KIND, text);
            }
            (Schema(_), Open) => {
                let text = "undeclared fields may now have any value";
                self.report_new_type(pair, Change::Wider, KIND, text);
            }
        }
    }
}

/// The rule and the text of a changed required flag.
fn required_change(now: bool) -> (&'static str, &'static str) {
    let text = if now { "now required" } else { "now optional" };
    ("required-changed", text)
}

/// Whether a property is part of the values that are sent in `direction`.
fn is_sent_in(property: &[Node<'_>], direction: Direction) -> bool {
    let flag = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    !property.iter().any(|node| node.flag(flag) || node.resolved().flag(flag))
}
