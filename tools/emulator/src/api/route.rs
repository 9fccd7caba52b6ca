//! Routes as rows of a table: what a request may ask for, and which function answers.
//!
//! [`dispatch`] reads the rows to find the function, [`route_table`] to tell people what there is.
//! A resource owns its rows (`ROUTES` in its file); [`super::TABLES`] lists the resources.
//!
//! *Invariant:* a path has one row for each method: no row hides another.

use super::query::{Query, decode};
use super::{Answer, Desk};
use crate::refusal::Refusal;
use crate::transport::Request;
pub(crate) use st0ck_net::http::Method;
use std::fmt::Write;

/// What a row does with requests.
pub(crate) type Run = fn(&mut Desk<'_>, &Call<'_>) -> Answer;

/// The methods that have rows, in their order in a table.
const METHODS: [Method; 5] =
    [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

/// Which of Alpaca's hosts a route is at. Here they share a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// `paper-api.alpaca.markets`.
    Trading,
    /// `data.alpaca.markets`.
    Data,
    /// None of them: the emulator's own.
    Own,
}

impl Host {
    const ALL: [Self; 3] = [Self::Trading, Self::Data, Self::Own];

    fn heading(self) -> &'static str {
        match self {
            Self::Trading => "Trading",
            Self::Data => "Data",
            Self::Own => "The emulator's own",
        }
    }
}

/// What a query parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParamKind {
    /// Any text.
    Text,
    /// A boolean in any of Go's spellings.
    Bool,
    /// A whole number from 1 on; larger ones count as `max`.
    Count {
        /// The largest that counts.
        max: usize,
    },
    /// A day.
    Date,
    /// A moment, or a day for its midnight in New York.
    Time,
    /// Texts between commas.
    List,
    /// Some of these words, between commas.
    Words(&'static [&'static str]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Symbols between commas.
    Symbols,
    /// A text that fits a regular expression.
    Like(&'static str),
    /// A decimal number.
    Amount,
    /// A UUID.
    Id,
}

/// One query parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(super) name: &'static str,
    pub(super) kind: ParamKind,
    pub(super) required: bool,
}

impl Param {
    /// An optional parameter.
    pub(crate) const fn new(name: &'static str, kind: ParamKind) -> Self {
        Self { name, kind, required: false }
    }

    /// The same one, which must not be left out.
    pub(crate) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    fn shown(&self) -> String {
        let star = if self.required { "\\*" } else { "" };
        let holds = match self.kind {
            ParamKind::Text | ParamKind::Like(_) => String::new(),
            ParamKind::Bool => String::from(" (true, false)"),
            ParamKind::Count { max } => format!(" (1–{max})"),
            ParamKind::Date => String::from(" (day)"),
            ParamKind::Time => String::from(" (time)"),
            ParamKind::List => String::from(" (list)"),
            ParamKind::Symbols => String::from(" (symbols)"),
            ParamKind::Words(words) if words.len() > 8 => String::from(" (list)"),
            ParamKind::Words(words) => format!(" (list of {})", words.join(", ")),
            ParamKind::Amount => String::from(" (number)"),
            ParamKind::Id => String::from(" (id)"),
            ParamKind::Word(words) => format!(" ({})", words.join(", ")),
        };
        format!("`{}`{star}{holds}", self.name)
    }
}

/// A status and the schema of its body; `X[]` is an array of `X`.
pub(crate) type Told = (u16, Option<&'static str>);

/// One row.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Segments in braces stand for any text, found by that name in [`Args`].
    pub(crate) path: &'static str,
    pub(crate) host: Host,
    pub(crate) query: &'static [Param],
    /// Schema of the request's body.
    pub(crate) body: Option<&'static str>,
    /// What it may reply, beside what every route may (401, 405).
    pub(crate) replies: &'static [Told],
    pub(crate) run: Run,
}

impl Route {
    /// A row of the trading API without parameters and body.
    pub(crate) const fn trading(
        method: Method,
        path: &'static str,
        replies: &'static [Told],
        run: Run,
    ) -> Self {
        Self { method, path, host: Host::Trading, query: &[], body: None, replies, run }
    }

    /// A row of the data API without parameters and body.
    pub(crate) const fn data(
        method: Method,
        path: &'static str,
        replies: &'static [Told],
        run: Run,
    ) -> Self {
        Self { host: Host::Data, ..Self::trading(method, path, replies, run) }
    }

    /// The same row with these query parameters.
    pub(crate) const fn with_query(self, query: &'static [Param]) -> Self {
        Self { query, ..self }
    }

    /// The same row with a body of that schema.
    pub(crate) const fn with_body(self, schema: &'static str) -> Self {
        Self { body: Some(schema), ..self }
    }

    /// The texts in the places of its braces, if the path fits.
    fn fit(&self, segments: &[String]) -> Option<Args> {
        let mut args = Args::default();
        let mut pattern = self.path.split('/').skip(1);
        for segment in segments {
            let wanted = pattern.next()?;
            match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => args.0.push((name, segment.clone())),
                None if wanted == segment => {}
                None => return None,
            }
        }
        pattern.next().is_none().then_some(args)
    }
}

/// What stood in the places of a path's braces.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Args(Vec<(&'static str, String)>);

impl Args {
    /// The decoded text in the place of that name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).expect("a route asks for names in its own path")
    }

    /// The same where several paths share a function and not all have that name.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_str())
    }
}

/// A request as its route sees it.
pub(crate) struct Call<'a> {
    pub(crate) args: Args,
    pub(crate) query: Query,
    pub(crate) body: &'a [u8],
}

/// The host whose route a path is: the trading API's when it is none's.
pub(crate) fn host_of(tables: &[&[Route]], path: &str) -> Host {
    let segments: Vec<String> = path.split('/').skip(1).map(decode).collect();
    let mut all = tables.iter().copied().flatten();
    all.find(|route| route.fit(&segments).is_some()).map_or(Host::Trading, |route| route.host)
}

/// Has a request answered by its row in `tables`.
pub(crate) fn dispatch(tables: &[&[Route]], request: &Request, desk: &mut Desk<'_>) -> Answer {
    // Decoded after the split, so that an encoded slash is part of a name.
    let segments: Vec<String> = request.path.split('/').skip(1).map(decode).collect();
    let mut known = false;
    for route in tables.iter().copied().flatten() {
        let Some(args) = route.fit(&segments) else { continue };
        if route.method.as_str() == request.method {
            let query = Query::parse(&request.query);
            return (route.run)(desk, &Call { args, query, body: &request.body });
        }
        known = true;
    }
    Err(if known {
        Refusal::method_not_allowed()
    } else {
        Refusal::not_found("endpoint not found")
    })
}

/// Every REST route as a Markdown table, by host, path and method: the README's.
#[must_use]
pub fn route_table() -> String {
    let mut text = String::new();
    for host in Host::ALL {
        let all = super::TABLES.iter().copied().flatten();
        let mut rows: Vec<&Route> = all.filter(|route| route.host == host).collect();
        let rank = |method| METHODS.iter().position(|known| *known == method);
        rows.sort_by_key(|route| (route.path, rank(route.method)));
        if rows.is_empty() {
            continue;
        }
        let heading = host.heading();
        let _ = write!(text, "\n### {heading}\n\n| Method | Path | Query | Body | Replies |\n");
        text.push_str("|---|---|---|---|---|\n");
        for route in rows {
            text.push_str(&row(route));
        }
    }
    text
}

fn row(route: &Route) -> String {
    let query: Vec<String> = route.query.iter().map(Param::shown).collect();
    let told = |(status, schema): &Told| match schema {
        Some(schema) => format!("{status} {schema}"),
        None => status.to_string(),
    };
    let replies: Vec<String> = route.replies.iter().map(told).collect();
    format!(
        "| {} | `{}` | {} | {} | {} |\n",
        route.method.as_str(),
        route.path,
        query.join(" · "),
        route.body.unwrap_or_default(),
        replies.join(" · ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::TABLES;
    use super::*;

    fn segments(path: &str) -> Vec<String> {
        path.split('/').skip(1).map(decode).collect()
    }

    #[test]
    fn no_row_hides_another() {
        let all: Vec<&Route> = TABLES.iter().copied().flatten().collect();
        for route in &all {
            let fits = |other: &&&Route| {
                other.method == route.method && other.fit(&segments(route.path)).is_some()
            };
            let found: Vec<&str> = all.iter().filter(fits).map(|other| other.path).collect();
            assert_eq!(found, [route.path], "{}", route.method.as_str());
        }
    }

    #[test]
    fn a_path_fits_segment_by_segment_and_its_names_are_decoded_after_the_split() {
        let route = Route::trading(Method::Get, "/v2/x/{name}", &[], |_, _| {
            Err(Refusal::not_found("nothing"))
        });
        let name = |path: &str| route.fit(&segments(path)).map(|args| args.get("name").to_owned());
        assert_eq!(name("/v2/x/BRK%2FB"), Some(String::from("BRK/B")));
        assert_eq!(name("/v2/x/"), Some(String::new()));
        for other in ["/v2/x", "/v2/x/a/b", "/v2/y/a", "/", ""] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
