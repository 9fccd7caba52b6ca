//! Articles: messages of the news stream (`alpaca.md` §8.5) and items of its REST reply (§9).

use super::encoder::Encoder;
use crate::market::newsroom::Article;

/// Keys that both forms have.
const KEYS: u32 = 10;

/// Who writes all of them.
const AUTHOR: &str = "st0ck emulator";

/// Writes a message.
pub(crate) fn message(to: &mut dyn Encoder, article: &Article) {
    to.map(KEYS + 1);
    to.key("T");
    to.letter(b'n');
    fields(to, article, true);
    to.end();
}

/// Writes an item, with its content or without.
pub(crate) fn item(to: &mut dyn Encoder, article: &Article, with_content: bool) {
    to.map(KEYS + 1);
    fields(to, article, with_content);
    to.key("images");
    to.texts(&[]);
    to.end();
}

fn fields(to: &mut dyn Encoder, article: &Article, with_content: bool) {
    to.key("id");
    to.count(article.id);
    to.key("headline");
    to.text(&article.headline);
    to.key("summary");
    to.text(&article.summary);
    to.key("author");
    to.text(AUTHOR);
    to.key("created_at");
    to.time(article.at);
    to.key("updated_at");
    to.time(article.at);
    to.key("url");
    // A name that can never be anybody's (RFC 2606).
    to.text(&format!("https://news.invalid/{}", article.id));
    to.key("content");
    to.text(if with_content { &article.content } else { "" });
    to.key("symbols");
    let symbols: Vec<&str> = article.symbols.iter().map(String::as_str).collect();
    to.texts(&symbols);
    to.key("source");
    to.text("st0ck");
}
