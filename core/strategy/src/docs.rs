//! The pages about strategies, printed from the registry so that they cannot tell another story.
//!
//! `STRATEGIES.md` beside this crate's manifest holds them; a test keeps it up to date
//! (`BLESS=1 cargo test -p st0ck-strategy` writes it anew).

use crate::registry::{Listing, listings};
use st0ck_engine::params::{ParamKind, ParamSpec};
use std::fmt::Write;

/// All pages, as `STRATEGIES.md` holds them.
#[must_use]
pub fn book() -> String {
    let mut text = String::from(
        "<!-- Printed from the registry: BLESS=1 cargo test -p st0ck-strategy -->\n\n# Strategies\n",
    );
    for listing in listings() {
        text.push('\n');
        text.push_str(&page(listing));
    }
    text
}

/// One strategy's page in Markdown: what it is, its rules, its parameters.
#[must_use]
pub fn page(listing: &Listing) -> String {
    let Listing { recipe, status, window, symbol, capital } = listing;
    let mut text = format!("## {}\n\n{}\n\n", recipe.name(), recipe.summary());
    for (name, value) in [
        ("Status", status.to_string()),
        ("Window", (*window).to_string()),
        ("Symbol", (*symbol).to_string()),
        ("Capital", format!("${capital}")),
    ] {
        line(&mut text, format_args!("- {name}: {value}"));
    }
    line(&mut text, format_args!("\n{}", recipe.rules()));
    line(
        &mut text,
        format_args!("| parameter | default | range | what it does |\n|---|---|---|---|"),
    );
    for spec in recipe.params() {
        let (name, range, help) = (spec.name, range(spec), spec.help);
        line(&mut text, format_args!("| `{name}` | {} | {range} | {help} |", default(spec)));
    }
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a string takes everything");
}

fn default(spec: &ParamSpec) -> String {
    format!("{} {}", spec.default, spec.unit).trim_end().to_string()
}

fn range(spec: &ParamSpec) -> String {
    match (spec.kind, spec.min, spec.max) {
        (ParamKind::Choice, ..) => spec.choices.join(", "),
        (ParamKind::Bool, ..) => "true, false".to_string(),
        (_, "", "") => "any".to_string(),
        (_, min, "") => format!("from {min}"),
        (_, "", max) => format!("up to {max}"),
        (_, min, max) => format!("{min} to {max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_pages_are_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/STRATEGIES.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, book()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == book(), "STRATEGIES.md is old: BLESS=1 cargo test -p st0ck-strategy");
    }

    #[test]
    fn a_page_names_every_parameter() {
        for listing in listings() {
            let page = page(listing);
            for spec in listing.recipe.params() {
                assert!(page.contains(&format!("| `{}` |", spec.name)), "{}", spec.name);
            }
        }
    }
}
