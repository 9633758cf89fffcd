//! Compares the fields of objects: which are declared, which are required, and whether others are
//! allowed.

use std::collections::BTreeSet;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, Change, Direction};
use super::schemas::Pair;
use super::shape::Additional;
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
                    property,
                    "removed",
                );
            }
        }
        self.undeclared_required(pair);
    }

    fn property_added(&mut self, pair: &Pair<'_, 'd>, name: &str, property: &Node<'d>) {
        let direction = pair.direction;
        if is_sent_in(property, direction) {
            let required = pair.new.required.contains(name);
            let class = rules::property_added(required, direction);
            let text = format!("added, {}", summary(property, required));
            let place = pair.place.property(name);
            self.facts
                .record_in((class, direction), "property-added", &place, property, text);
        }
    }

    /// Compares a property that both objects declare. `readOnly` and `writeOnly` exclude it from
    /// one direction.
    fn property(&mut self, pair: &Pair<'_, 'd>, name: &str, old: &Node<'d>, new: &Node<'d>) {
        let (place, direction) = (pair.place.property(name), pair.direction);
        let messages = match direction {
            Direction::Request => "requests",
            Direction::Response => "responses",
        };
        match (is_sent_in(old, direction), is_sent_in(new, direction)) {
            (true, true) => {
                self.required(pair, name, new);
                self.schema(&place, old, new, direction);
            }
            (false, true) => {
                let class = rules::property_added(pair.new.required.contains(name), direction);
                let text = format!("is now part of {messages}");
                self.facts
                    .record_in((class, direction), "property-added", &place, new, text);
            }
            (true, false) => {
                let class = rules::property_removed(direction);
                let text = format!("is no longer part of {messages}");
                self.facts
                    .record_in((class, direction), "property-removed", &place, new, text);
            }
            (false, false) => {}
        }
    }

    fn required(&mut self, pair: &Pair<'_, 'd>, name: &str, node: &Node<'d>) {
        let (before, now) = (
            pair.old.required.contains(name),
            pair.new.required.contains(name),
        );
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
        let text = if now { "now required" } else { "now optional" };
        self.facts
            .record_in((class, direction), "required-changed", place, node, text);
    }

    /// Compares the required fields that neither object declares under `properties`.
    fn undeclared_required(&mut self, pair: &Pair<'_, 'd>) {
        let names: BTreeSet<&str> = pair
            .old
            .required
            .union(&pair.new.required)
            .copied()
            .collect();
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
                self.report_change(pair, Change::Narrower, KIND, text);
            }
            (Schema(_), Open) => {
                let text = "undeclared fields may now have any value";
                self.report_change(pair, Change::Wider, KIND, text);
            }
        }
    }
}

/// Whether a property is part of the values that are sent in `direction`.
fn is_sent_in(property: &Node<'_>, direction: Direction) -> bool {
    let flag = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    !property.flag(flag) && !property.resolved().flag(flag)
}
