//! Panics become log lines with their place, so that they are counted and found like any other error.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

/// Installs the hook; doing so again changes nothing. Where errors are not logged at all, the hook that was there
/// before prints the panic, so that it is never lost.
pub fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if tracing::enabled!(tracing::Level::ERROR) {
                log(info);
            } else {
                previous(info);
            }
        }));
    });
}

/// Only the message and the place: values that the code held at that moment may be private.
fn log(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("a value that is not text");
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(panic = message, location, thread, %backtrace, "panicked");
    } else {
        tracing::error!(panic = message, location, thread, "panicked");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span;

    use super::*;

    /// Collects the fields of every event of the current thread.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<(String, String)>>>);

    impl Visit for Seen {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            self.0.lock().unwrap().push((field.name().to_owned(), format!("{value:?}")));
        }
    }

    impl tracing::Subscriber for Seen {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn a_panic_is_logged_with_its_message_and_place() {
        log_panics();
        log_panics();
        let seen = Seen::default();
        tracing::subscriber::with_default(seen.clone(), || {
            let _ = panic::catch_unwind(|| panic!("seq {} is missing", 7));
        });
        let seen = seen.0.lock().unwrap();
        let value = |name: &str| seen.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        assert_eq!(value("panic"), Some("\"seq 7 is missing\""));
        assert!(value("location").unwrap().contains("panics.rs:"));
    }
}
