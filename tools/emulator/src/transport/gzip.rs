//! Compressed replies, for those whose `Accept-Encoding` takes them. Which ones the API says.
//!
//! *Invariant:* the same reply is always the same bytes.

use super::Reply;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Bodies smaller than a packet are not worth it.
const LEAST: usize = 1_400;

/// Whether an `Accept-Encoding` field takes gzip (RFC 9110 §12.5.3).
pub(crate) fn is_accepted(field: &str) -> bool {
    field.split(',').any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().to_ascii_lowercase();
        let refused = weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        matches!(coding.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip" | "*") && !refused
    })
}

/// Compresses a reply's body, if it is large enough.
pub(crate) fn compress(reply: &mut Reply) {
    if reply.body.len() < LEAST {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(&reply.body).and_then(|()| encoder.finish());
    reply.body = written.expect("writing to a Vec cannot fail");
    for (name, value) in [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")] {
        reply.headers.push((name, value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_accepted_by_name_or_star_unless_its_weight_is_zero() {
        for yes in
            ["gzip, deflate", "GZIP", "br;q=1, gzip;q=0.5", "*", "deflate,x-gzip", "gzip; q=1"]
        {
            assert!(is_accepted(yes), "{yes}");
        }
        for no in ["", "identity", "br, deflate", "gzip;q=0", "gzip; q=0.000", "gzipped"] {
            assert!(!is_accepted(no), "{no}");
        }
    }
}
