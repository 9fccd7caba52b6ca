//! What every route of the data API takes: symbols, a span of time, an order, a feed.

use crate::api::Desk;
use crate::api::query::Query;
use crate::api::route::{Call, Param, ParamKind};
use crate::config::DataPlan;
use crate::market::past::{DELAY, Span};
use crate::refusal::Refusal;
use crate::wire::market::Feed;
use st0ck_types::Nanos;
use st0ck_types::calendar::NYSE;

/// Order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

pub(crate) const SYMBOLS: Param = Param::new("symbols", ParamKind::Symbols).required();
pub(crate) const START: Param = Param::new("start", ParamKind::Time);
pub(crate) const END: Param = Param::new("end", ParamKind::Time);
pub(crate) const SORT: Param = Param::new("sort", ParamKind::Word(&["asc", "desc"]));
pub(crate) const ASOF: Param = Param::new("asof", ParamKind::Text);
pub(crate) const CURRENCY: Param = Param::new("currency", ParamKind::Word(&["USD"]));
pub(crate) const PAGE_TOKEN: Param = Param::new("page_token", ParamKind::Text);
/// Feeds of what has been.
pub(crate) const FEED: Param = Param::new("feed", ParamKind::Word(&["sip", "iex", "boats", "otc"]));
/// Feeds of what is now.
pub(crate) const LATEST_FEED: Param = Param::new(
    "feed",
    ParamKind::Word(&["sip", "iex", "delayed_sip", "boats", "overnight", "otc"]),
);

/// Whose facts are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Symbols {
    /// One, named in the path: the reply is not wrapped in a map.
    One(String),
    /// Any number, in the order of the alphabet.
    Many(Vec<String>),
}

impl Symbols {
    /// From the path, if the route has one there, else from the query.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Refusal> {
        if let Some(symbol) = call.args.find("symbol") {
            return Ok(Self::One(checked(symbol)?));
        }
        let listed = call.query.lists("symbols");
        let listed: Result<Vec<String>, Refusal> = listed.into_iter().map(checked).collect();
        let mut listed = listed?;
        if listed.is_empty() {
            return Err(Refusal::data("symbols is required"));
        }
        listed.sort();
        listed.dedup();
        Ok(Self::Many(listed))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(symbol) => std::slice::from_ref(symbol),
            Self::Many(symbols) => symbols,
        }
    }
}

fn checked(symbol: &str) -> Result<String, Refusal> {
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let known = |byte: u8| letter(byte) || matches!(byte, b'.' | b'-' | b'/');
    if (1..=24).contains(&symbol.len()) && symbol.bytes().all(known) {
        return Ok(symbol.to_owned());
    }
    Err(Refusal::data(format!("invalid symbol: {symbol}")))
}

/// Which feed is asked for; `None` for feeds that nothing is recorded of.
pub(crate) fn feed(query: &Query, plan: DataPlan) -> Result<Option<Feed>, Refusal> {
    let best = if plan == DataPlan::Plus { Feed::Sip } else { Feed::Iex };
    match query.get("feed") {
        None => Ok(Some(best)),
        Some("sip") => Ok(Some(Feed::Sip)),
        Some("iex") => Ok(Some(Feed::Iex)),
        Some("delayed_sip") => Ok(Some(Feed::Delayed)),
        Some("boats" | "overnight" | "otc") => Ok(None),
        Some(other) => Err(Refusal::data(format!("invalid feed: {other}"))),
    }
}

/// Only dollars: nothing here knows a rate of exchange.
pub(crate) fn currency(query: &Query) -> Result<Option<&str>, Refusal> {
    match query.get("currency") {
        None | Some("USD") => Ok(query.get("currency")),
        Some(other) => Err(Refusal::data(format!("invalid currency: {other}"))),
    }
}

/// Which order, `otherwise` when the request does not say.
pub(crate) fn sort(query: &Query, otherwise: Sort) -> Result<Sort, Refusal> {
    match query.get("sort") {
        None => Ok(otherwise),
        Some("asc") => Ok(Sort::Ascending),
        Some("desc") => Ok(Sort::Descending),
        Some(other) => Err(Refusal::data(format!("invalid sort: {other}"))),
    }
}

/// How many at most; more than `max` is refused, as the data API does.
pub(crate) fn limit(query: &Query, default: usize, max: usize) -> Result<usize, Refusal> {
    limit_of(query, "limit", default, max)
}

/// The same of a parameter of another name.
pub(crate) fn limit_of(
    query: &Query,
    key: &str,
    default: usize,
    max: usize,
) -> Result<usize, Refusal> {
    let Some(text) = query.get(key) else { return Ok(default) };
    match text.parse::<usize>() {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        Ok(limit) if limit > max => {
            let words = format!("invalid {key}: larger than the allowed maximum of {max}");
            Err(Refusal::data(words))
        }
        _ => Err(Refusal::data(format!("invalid {key}: {text}"))),
    }
}

/// A moment of the query, with the data API's words for what is none.
pub(crate) fn time(query: &Query, key: &str) -> Result<Option<Nanos>, Refusal> {
    let wrong = || Refusal::data(format!("invalid {key}: {}", query.get(key).unwrap_or_default()));
    query.time(key).map_err(|_| wrong())
}

/// What has been, by symbol and time.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) symbols: Symbols,
    pub(crate) span: Span,
    pub(crate) sort: Sort,
    /// `None` for a feed that nothing is recorded of.
    pub(crate) feed: Option<Feed>,
    /// Told back when it was asked for.
    pub(crate) currency: Option<String>,
    /// The present, as far as this caller may know it.
    pub(crate) now: Nanos,
}

impl Ask {
    /// Reads a request. Without `start` the span begins with the day, without `end` it ends now.
    ///
    /// # Errors
    /// A refusal in the data API's words: 400, or 403 for what the plan does not include.
    pub(crate) fn of(desk: &Desk<'_>, call: &Call<'_>) -> Result<Self, Refusal> {
        let (query, plan) = (&call.query, desk.settings.plan);
        let feed = feed(query, plan)?;
        let (start, end) = (time(query, "start")?, time(query, "end")?);
        let delayed = plan == DataPlan::Basic && feed == Some(Feed::Sip);
        let now = if delayed { desk.house.now() - DELAY } else { desk.house.now() };
        if delayed && end.is_some_and(|end| end > now) {
            return Err(Refusal::beyond_plan());
        }
        let today = NYSE.at_local(desk.past.date(), 0, 0, 0);
        let span = Span { from: start.unwrap_or(today), to: end.unwrap_or(now).min(now) };
        if start.zip(end).is_some_and(|(start, end)| end < start) {
            return Err(Refusal::data("end should not be before start"));
        }
        Ok(Self {
            symbols: Symbols::of(call)?,
            span,
            sort: sort(query, Sort::Ascending)?,
            feed,
            currency: currency(query)?.map(str::to_owned),
            now,
        })
    }
}
