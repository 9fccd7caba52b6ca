//! Logs go to stderr. Libraries that would log message texts, and with them credentials, are capped.

use log::LevelFilter;

/// Starts logging at a level such as `info`. Later calls change nothing.
pub(crate) fn start(level: &str) {
    let level = match level.to_ascii_lowercase().as_str() {
        "error" => LevelFilter::Error,
        "info" => LevelFilter::Info,
        "debug" => LevelFilter::Debug,
        "trace" => LevelFilter::Trace,
        _ => LevelFilter::Warn,
    };
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).format_timestamp_micros();
    // At trace level tungstenite prints whole messages, the authentication among them.
    builder.filter_module("tungstenite", level.min(LevelFilter::Info));
    builder.filter_module("mio", level.min(LevelFilter::Info));
    let _ = builder.try_init();
}
