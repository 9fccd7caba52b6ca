//! What faults put in the place of replies and updates.

use crate::transport::Reply;
use serde_json::{Value, json};
use st0ck_types::time::SECOND;
use st0ck_types::{Nanos, rfc3339};

const JSON: &str = "application/json; charset=UTF-8";
const HTML: &str = "text/html";

/// A reply that its route did not make.
fn reply(request_id: String, status: u16, content_type: &'static str, body: Vec<u8>) -> Reply {
    Reply { status, content_type, request_id, headers: Vec::new(), body }
}

/// The reason phrase of a status that a broken server replies.
fn phrase(status: u16) -> &'static str {
    match status {
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        400..500 => "Request Refused",
        _ => "Server Error",
    }
}

/// An error of the server, its body in one of the words of the table.
pub(super) fn server_error(request_id: String, status: u16, body: &str) -> Reply {
    match body {
        "html" => html(request_id, status),
        "none" => reply(request_id, status, JSON, Vec::new()),
        _ => {
            let code = u32::from(status) * 100_000 + 10_000;
            let message = match status {
                504 => String::from("request timed out"),
                _ => phrase(status).to_lowercase(),
            };
            let body = json!({"code": code, "message": message});
            reply(request_id, status, JSON, body.to_string().into_bytes())
        }
    }
}

/// A web server's page.
pub(super) fn html(request_id: String, status: u16) -> Reply {
    let title = format!("{status} {}", phrase(status));
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    reply(request_id, status, HTML, page.into_bytes())
}

/// 429. `reset_at_s` is when the limit's window ends, in seconds since 1970.
pub(super) fn too_many(request_id: String, retry_after_s: u64, reset_at_s: Option<i64>) -> Reply {
    let body = br#"{"code":42910000,"message":"rate limit exceeded"}"#.to_vec();
    let mut reply = reply(request_id, 429, JSON, body);
    if retry_after_s > 0 {
        reply.headers.push(("Retry-After", retry_after_s.to_string()));
    }
    if let Some(reset_at_s) = reset_at_s {
        reply.headers.push(("X-RateLimit-Limit", String::from("200")));
        reply.headers.push(("X-RateLimit-Remaining", String::from("0")));
        reply.headers.push(("X-RateLimit-Reset", reset_at_s.to_string()));
    }
    reply
}

/// JSON with its top-level `timestamp`, or that of its `data`, so many nanoseconds off. What has
/// none stays as it is.
pub(super) fn skewed(body: &[u8], off_ns: i64) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    for place in ["/timestamp", "/data/timestamp"] {
        if let Some(stamp) = value.pointer_mut(place)
            && let Some(text) = stamp.as_str()
            && let Some(at) = rfc3339::parse(text.as_bytes())
        {
            *stamp = in_form_of(text, at + off_ns).into();
        }
    }
    value.to_string().into_bytes()
}

/// A time with as many digits, and in the zone, of another.
fn in_form_of(text: &str, at: Nanos) -> String {
    let end = text.len() - if text.ends_with(['Z', 'z']) { 1 } else { 6 };
    let zone = &text[end..];
    let minutes = || {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let all = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
        Some(if zone.starts_with('-') { -all } else { all })
    };
    let local = at + minutes().unwrap_or(0) * 60 * SECOND;
    let mut shown = local.to_string();
    shown.truncate(end.min(shown.len() - 1));
    shown + zone
}

/// The same update under another event, its order in the status of that event.
pub(super) fn as_event(update: &[u8], event: &str) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(update) else { return update.to_vec() };
    if let Some(data) = value["data"].as_object_mut() {
        data.insert("event".to_owned(), event.into());
        // Only an execution has these.
        data.retain(|key, _| !matches!(key.as_str(), "price" | "qty" | "position_qty"));
        if event != "restated"
            && let Some(order) = data.get_mut("order").and_then(Value::as_object_mut)
        {
            order.insert("status".to_owned(), event.into());
        }
    }
    value.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_moved_and_nothing_else() {
        let clock = br#"{"timestamp":"2020-12-15T14:30:00.000000000Z","is_open":true}"#;
        let moved = String::from_utf8(skewed(clock, -1_000_000_000)).unwrap();
        assert_eq!(moved, r#"{"timestamp":"2020-12-15T14:29:59.000000000Z","is_open":true}"#);
        let local = br#"{"timestamp":"2020-12-15T09:30:00.123-05:00"}"#;
        let moved = String::from_utf8(skewed(local, 61_000_000_000)).unwrap();
        assert_eq!(moved, r#"{"timestamp":"2020-12-15T09:31:01.123-05:00"}"#);
        assert_eq!(skewed(b"[1]", 5), b"[1]");
    }

    #[test]
    fn a_rare_event_is_no_execution() {
        let fill =
            br#"{"data":{"event":"fill","price":"1","qty":"2","order":{"status":"filled"}}}"#;
        let held = String::from_utf8(as_event(fill, "held")).unwrap();
        assert_eq!(held, r#"{"data":{"event":"held","order":{"status":"held"}}}"#);
    }
}
