//! Logs: one line an event on stderr, as text or as one JSON object, secrets masked in whatever is said.
//!
//! Every line carries the request, trace and correlation id of the spans it was written in, so that all of one
//! release can be found by one word. Invariant: nothing reaches stderr but through [`masked`].

mod line;

pub use release_domain::secret::text::masked;

use crate::settings::LogFormat;
use line::{Fields, Line};
use std::fmt;
use std::io::Write;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Starts logging for the whole process.
///
/// # Errors
/// The filter does not parse, or logging was started before.
pub fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    // The engine's client writes every answer whole at debug, with the environment of each container in it.
    let filter = EnvFilter::builder()
        .parse(filter)?
        .add_directive("bollard=info".parse()?);
    tracing_subscriber::registry()
        .with(Lines::new(format, std::io::stderr).with_filter(filter))
        .try_init()?;
    Ok(())
}

/// Writes events as lines to what `out` makes.
struct Lines<Out> {
    format: LogFormat,
    out: Out,
}

impl<Out> Lines<Out> {
    const fn new(format: LogFormat, out: Out) -> Self {
        Self { format, out }
    }
}

impl<S, Out, W> Layer<S> for Lines<Out>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    Out: Fn() -> W + 'static,
    W: Write,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.take_over(of_span);
            }
        }
        event.record(&mut fields);
        let line = Line {
            at: time::OffsetDateTime::now_utc(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            fields,
        };
        // A line that cannot be written has nobody left to tell.
        let _ = (self.out)().write_all(line.render(self.format).as_bytes());
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field.name(), format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(format: LogFormat, talk: impl FnOnce()) -> Vec<String> {
        let written = Written::default();
        let out = written.clone();
        let subscriber = tracing_subscriber::registry().with(Lines::new(format, move || out.clone()));
        tracing::subscriber::with_default(subscriber, talk);
        let bytes = written.0.lock().expect("no panic").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    fn talk() {
        let request = tracing::info_span!("request", request_id = "r-1", trace_id = tracing::field::Empty);
        let _request = request.enter();
        request.record("trace_id", "0af7651916cd43dd8448eb211c80319c");
        let work = tracing::info_span!("release", correlation_id = %"c-1", secret = "DB_PASSWORD=hunter2");
        let _work = work.enter();
        tracing::warn!(
            attempt = 2,
            error = "Bearer rct_abc refused",
            "the target\nsaid API_TOKEN=abc"
        );
    }

    #[test]
    fn a_json_line_has_the_contracts_members_and_no_secret() {
        let written = lines(LogFormat::Json, talk);
        assert_eq!(written.len(), 1, "a line an event: {written:?}");
        let line: serde_json::Value = serde_json::from_str(&written[0]).expect("JSON");
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["target"], "release_server::logging::tests");
        assert_eq!(line["message"], "the target\nsaid API_TOKEN=••••");
        assert_eq!(line["request_id"], "r-1");
        assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(line["correlation_id"], "c-1");
        assert_eq!(line["fields"]["attempt"], "2");
        let at = line["ts"].as_str().expect("a time");
        assert!(release_domain::timestamp::Timestamp::parse(at).is_ok(), "{at}");
        assert!(
            !written[0].contains("hunter2") && !written[0].contains("rct_abc"),
            "{}",
            written[0]
        );
    }

    #[test]
    fn a_text_line_reads_from_left_to_right_and_stays_one_line() {
        let written = lines(LogFormat::Text, talk);
        assert_eq!(written.len(), 1, "{written:?}");
        let (_, said) = written[0].split_once("  WARN ").expect("the level");
        assert_eq!(
            said,
            "release_server::logging::tests: the target\\nsaid API_TOKEN=•••• attempt=2 \
             error=\"Bearer •••• refused\" secret=•••• request_id=r-1 \
             trace_id=0af7651916cd43dd8448eb211c80319c correlation_id=c-1"
        );
    }

    #[test]
    fn a_line_outside_every_request_has_the_members_all_the_same() {
        let written = lines(LogFormat::Json, || tracing::info!("started"));
        let line: serde_json::Value = serde_json::from_str(&written[0]).expect("JSON");
        for member in ["request_id", "trace_id", "correlation_id"] {
            assert!(line[member].is_null() && line.get(member).is_some(), "{line}");
        }
    }
}
