//! The operator's log: lines on standard error, as text or JSON.
//!
//! It is set up once, in `main`. Arguments, outputs and secrets are never given to it: callers log
//! sizes and digests. The audit log is another thing, and not here.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A log that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The level does not parse.
    #[error("`{level}` is not a log level")]
    Level {
        /// As given.
        level: String,
        /// What the parser said.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Somebody was faster.
    #[error("the log is set up already")]
    Twice,
}

impl ObserveError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Level { .. } => {
                "write error, warn, info, debug or trace, or pairs such as gateway=debug,info"
            }
            Self::Twice => "set it up once, first thing in main",
        }
    }
}

/// Starts the log on standard error. `level` comes from a flag or the environment, read by `main`.
pub fn start(format: LogFormat, level: &str) -> Result<(), ObserveError> {
    let subscriber = subscriber(format, level, BoxMakeWriter::new(std::io::stderr))?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| ObserveError::Twice)
}

fn subscriber(
    format: LogFormat,
    level: &str,
    writer: BoxMakeWriter,
) -> Result<Box<dyn Subscriber + Send + Sync>, ObserveError> {
    let filter = EnvFilter::try_new(level)
        .map_err(|source| ObserveError::Level { level: level.to_owned(), source })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false);
    Ok(match format {
        LogFormat::Text => Box::new(lines.finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use super::{BoxMakeWriter, LogFormat, ObserveError, subscriber};
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, level, BoxMakeWriter::new(move || writer.clone())).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(port = 8443, "listening");
            tracing::debug!("one call");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_are_objects_with_their_fields() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&line["message"], &line["port"], &line["level"]),
            (&"listening".into(), &8443.into(), &"INFO".into())
        );
    }

    #[test]
    fn text_lines_keep_to_the_level() {
        assert!(logged(LogFormat::Text, "info").contains("listening port=8443"));
        assert!(!logged(LogFormat::Text, "info").contains("one call"));
        assert!(logged(LogFormat::Text, "settings=debug").contains("one call"));
        assert_eq!(logged(LogFormat::Text, "error"), "");
    }

    #[test]
    fn an_unknown_level_is_refused() {
        let refused = subscriber(LogFormat::Text, "settings=loud", BoxMakeWriter::new(std::io::sink));
        assert!(matches!(refused.map(drop), Err(ObserveError::Level { .. })));
    }
}
