//! The table of settings: what the program reads, what `config show` prints, what CONFIG.md lists.

use super::{Key, Kind};
use st0ck_lab::limits::LIMITS;
use st0ck_strategy::registry::Listing;

/// Settings that every bot has.
pub(crate) const COMMON: &[Key] = &[
    Key {
        name: "capital",
        kind: Kind::Decimal("1", "1000000000"),
        unit: "USD",
        default: "10000",
        env: Some("{BOT}_TRADING_CAPITAL"),
        help: "What the bot may work with; limits that are shares of capital follow it",
    },
    Key {
        name: "symbol",
        kind: Kind::Symbol,
        unit: "",
        default: "SPY",
        env: None,
        help: "What it trades",
    },
    Key {
        name: "account.trading_url",
        kind: Kind::Url,
        unit: "",
        default: "https://paper-api.alpaca.markets",
        env: Some("ALPACA_BASE_URL"),
        help: "Trading REST; order updates are its websocket form + /stream",
    },
    Key {
        name: "account.stream_url",
        kind: Kind::Url,
        unit: "",
        default: "wss://stream.data.alpaca.markets",
        env: Some("ALPACA_STREAM_URL"),
        help: "Market data websockets",
    },
    Key {
        name: "account.tls_roots",
        kind: Kind::Text,
        unit: "",
        default: "bundled",
        env: Some("ST0CK_TLS_ROOTS"),
        help: "Who vouches for https and wss: bundled (Mozilla's list), system, or a PEM file",
    },
    Key {
        name: "account.paper",
        kind: Kind::Bool,
        unit: "",
        default: "true",
        env: Some("IS_PAPER_TRADING"),
        help: "Whether the account is a paper one; live needs false here, the live URL and --live",
    },
    Key {
        name: "account.id",
        kind: Kind::Text,
        unit: "",
        default: "",
        env: None,
        help: "Id or number of the account the key must belong to (C2); empty accepts any",
    },
    Key {
        name: "feed.name",
        kind: Kind::Choice(&["iex", "sip"]),
        unit: "",
        default: "iex",
        env: None,
        help: "Which market data feed the data plan allows",
    },
    Key {
        name: "runtime.topology",
        kind: Kind::Choice(&["auto", "dedicated", "shared"]),
        unit: "",
        default: "auto",
        env: None,
        help: "One pinned thread per agent, or all hot agents on one",
    },
    Key {
        name: "runtime.idle",
        kind: Kind::Choice(&["spin", "yield", "backoff"]),
        unit: "",
        default: "backoff",
        env: None,
        help: "What a hot thread does when there is nothing to do",
    },
    Key {
        name: "runtime.first_core",
        kind: Kind::Integer(0, 1023),
        unit: "core",
        default: "0",
        env: None,
        help: "First core to pin hot threads to; the next ones follow",
    },
    Key {
        name: "runtime.pin",
        kind: Kind::Bool,
        unit: "",
        default: "true",
        env: None,
        help: "Whether hot threads are pinned at all",
    },
    Key {
        name: "journal.sync",
        kind: Kind::Choice(&["none", "interval", "batch"]),
        unit: "",
        default: "interval",
        env: None,
        help: "When the keeper makes the durable file durable (fdatasync)",
    },
    Key {
        name: "journal.sync_ms",
        kind: Kind::Integer(1, 60_000),
        unit: "ms",
        default: "20",
        env: None,
        help: "How often, with journal.sync = interval",
    },
    Key {
        name: "journal.hot_mib",
        kind: Kind::Integer(4, 256),
        unit: "MiB",
        default: "32",
        env: None,
        help: "Size of a hot segment; two of them live on tmpfs at a time",
    },
    Key {
        name: "journal.hot_dir",
        kind: Kind::Text,
        unit: "",
        default: "",
        env: None,
        help: "Folder on a tmpfs for the hot segments; empty: /dev/shm, else $XDG_RUNTIME_DIR",
    },
    Key {
        name: "journal.compress",
        kind: Kind::Bool,
        unit: "",
        default: "true",
        env: None,
        help: "Whether sealed segments are compressed, to about a third",
    },
    Key {
        name: "journal.quota_gib",
        kind: Kind::Integer(0, 1_048_576),
        unit: "GiB",
        default: "50",
        env: None,
        help: "What a bot's sessions may take together; an alert at 80 %, at 100 % no order opens; 0: no bound",
    },
    Key {
        name: "journal.carry_inputs",
        kind: Kind::Integer(4_096, 16_777_216),
        unit: "inputs",
        default: "262144",
        env: None,
        help: "Between two copies of the whole state, made at idle moments: what a restart goes through",
    },
    Key {
        name: "journal.durable_before_send",
        kind: Kind::Bool,
        unit: "",
        default: "false",
        env: None,
        help: "Whether an order waits until its record is synced, up to one sync later",
    },
    Key {
        name: "log.level",
        kind: Kind::Choice(&[
            "error", "warn", "info", "debug", "trace", "ERROR", "WARN", "INFO", "DEBUG", "TRACE",
            "WARNING",
        ]),
        unit: "",
        default: "warn",
        env: Some("LOG_LEVEL"),
        help: "How much is logged to stderr",
    },
];

/// Every setting of one bot: the common ones, its strategy's and the risk gate's.
///
/// A limit's default is empty: it then has the strategy's own value for the given capital.
pub(crate) fn keys_of(listing: &Listing) -> Vec<Key> {
    let strategy = listing.recipe.params().iter().map(|spec| Key {
        name: leak("strategy", spec.name),
        kind: Kind::Param(spec),
        unit: spec.unit,
        default: spec.default,
        env: None,
        help: spec.help,
    });
    let risk = LIMITS.iter().map(|limit| Key {
        name: leak("risk", limit.name),
        kind: Kind::Limit(limit),
        unit: limit.unit,
        default: "",
        env: None,
        help: limit.help,
    });
    COMMON.iter().copied().chain(strategy).chain(risk).collect()
}

/// A dotted name that lives as long as the program: made once per start, for a fixed set of names.
fn leak(prefix: &str, name: &str) -> &'static str {
    Box::leak(format!("{prefix}.{name}").into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_engine::checkpoint::CARRY_EVERY;

    #[test]
    fn a_lane_keeps_its_state_as_often_as_the_engine_would_by_itself() {
        let key = COMMON.iter().find(|key| key.name == "journal.carry_inputs").unwrap();
        assert_eq!(key.default, CARRY_EVERY.to_string());
    }
}
