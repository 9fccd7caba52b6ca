//! `st0ck bots`: the registry, and when each bot last ran.

use crate::cli::BotsArgs;
use crate::exit::Outcome;
use crate::session::paths;
use crate::view::say::say;
use crate::view::table::table;
use serde_json::json;
use st0ck_lab::header::SessionHeader;
use st0ck_strategy::registry::{self, Listing};
use std::path::Path;

/// What is known of a bot's account and last session, from its folder.
struct Last {
    account: Option<String>,
    session: Option<String>,
}

/// Lists the bots.
///
/// # Errors
/// None: a bot that never ran simply has no last session.
pub(crate) fn run(args: &BotsArgs) -> Outcome {
    let rows: Vec<(&Listing, Last)> = registry::listings()
        .iter()
        .map(|listing| (listing, last(&args.runs.runs.join(listing.recipe.name()))))
        .collect();
    if args.json {
        let bots: Vec<_> = rows.iter().map(|(listing, last)| row(listing, last)).collect();
        say!("{}", json!({ "bots": bots }));
        return Ok(None);
    }
    let mut view =
        table(&["bot", "strategy", "status", "window", ">capital", "account", "last session"]);
    for (listing, last) in rows {
        let short = |text: &Option<String>, n: usize| {
            text.as_deref().map_or("-".to_owned(), |t| t.chars().take(n).collect())
        };
        view.add_row([
            listing.recipe.name().to_owned(),
            listing.recipe.summary().to_owned(),
            listing.status.to_string(),
            listing.window.to_owned(),
            listing.capital.to_string(),
            short(&last.account, 8),
            short(&last.session, 17),
        ]);
    }
    say!("{view}");
    Ok(None)
}

fn row(listing: &Listing, last: &Last) -> serde_json::Value {
    json!({
        "name": listing.recipe.name(),
        "strategy": listing.recipe.summary(),
        "status": listing.status.to_string(),
        "window": listing.window,
        "symbol": listing.symbol,
        "capital": listing.capital.to_string(),
        "account": last.account,
        "last_session": last.session,
    })
}

fn last(bot_folder: &Path) -> Last {
    let newest = paths::sessions(bot_folder).pop();
    let header = newest.as_deref().and_then(|dir| SessionHeader::read(dir).ok());
    Last {
        account: header.map(|(header, _)| header.account),
        session: newest.and_then(|dir| dir.file_name()?.to_str().map(str::to_owned)),
    }
}
