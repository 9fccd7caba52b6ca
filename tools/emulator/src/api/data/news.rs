//! `GET /v1beta1/news`.

use super::ask::{END, PAGE_TOKEN, SORT, START, Sort, limit, sort, time};
use super::page::Token;
use super::sheet::Sheet;
use crate::api::route::{Call, Method, Param, ParamKind, Route};
use crate::api::{Answer, Desk};
use crate::market::newsroom::Article;
use crate::market::past::Span;
use crate::refusal::Refusal;
use crate::wire;
use st0ck_types::Nanos;

/// Articles of a page unless told, and at most.
const PAGE: (usize, usize) = (10, 50);
/// What tokens of articles are of.
const UNIT: char = 'N';

pub(crate) const ROUTES: &[Route] = &[Route::data(
    Method::Get,
    "/v1beta1/news",
    &[(200, Some("NewsPage")), (400, Some("Error"))],
    list,
)
.with_query(&[
    Param::new("symbols", ParamKind::Symbols),
    START,
    END,
    SORT,
    Param::new("limit", ParamKind::Count { max: PAGE.1 }),
    Param::new("include_content", ParamKind::Bool),
    Param::new("exclude_contentless", ParamKind::Bool),
    PAGE_TOKEN,
])];

/// Newest first unless told.
fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Answer {
    let query = &call.query;
    let flag = |key: &str| query.flag(key).map_err(|_| Refusal::data(format!("invalid {key}")));
    let (content, full_only) = (flag("include_content")?, flag("exclude_contentless")?);
    let most = limit(query, PAGE.0, PAGE.1)?;
    let now = desk.house.now();
    let from = time(query, "start")?.unwrap_or(Nanos::ZERO);
    let span = Span { from, to: time(query, "end")?.unwrap_or(now).min(now) };
    let symbols = query.lists("symbols");
    let mut found: Vec<Article> =
        desk.past.dates(span).into_iter().flat_map(|date| desk.news.of_day(date)).collect();
    found.retain(|article| {
        span.contains(article.at)
            && !(full_only && article.content.is_empty())
            && (symbols.is_empty() || article.symbols.iter().any(|s| symbols.contains(&s.as_str())))
    });
    let order = sort(query, Sort::Descending)?;
    if order == Sort::Descending {
        found.reverse();
    }
    let rest = after(Token::of(query, UNIT)?.as_ref(), order, &found);
    let page = &rest[..rest.len().min(most)];
    let last = page.last().filter(|_| page.len() < rest.len());
    let mut sheet = Sheet::object();
    sheet.name("news").open(b'[');
    page.iter().for_each(|article| sheet.item(|to| wire::news::item(to, article, content)));
    sheet.close(b']');
    sheet.name("next_page_token").value(&last.map(|article| token(article).text()));
    Ok(sheet.reply())
}

fn token(article: &Article) -> Token {
    Token { symbol: article.id.to_string(), unit: UNIT, at: article.at, count: 1 }
}

/// What follows the article that a token names.
fn after<'a>(token: Option<&Token>, order: Sort, found: &'a [Article]) -> &'a [Article] {
    let Some(token) = token else { return found };
    let id: u64 = token.symbol.parse().unwrap_or(0);
    let told = found.partition_point(|article| match order {
        Sort::Ascending => (article.at, article.id) <= (token.at, id),
        Sort::Descending => (article.at, article.id) >= (token.at, id),
    });
    &found[told..]
}
