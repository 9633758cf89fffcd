//! A subscriber that reads the number of retries from the span of a call.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The number of retries of a request.
#[derive(Clone, Default)]
pub(super) struct Resent(Arc<AtomicU32>);

impl Resent {
    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Subscriber for Resent {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("barcode_cloud::")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Resent {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "http.request.resend_count" {
            let count = u32::try_from(value).unwrap();
            self.0.store(count, Ordering::SeqCst);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
