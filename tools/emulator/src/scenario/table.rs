//! The vocabulary of scenarios, as rows: what each kind of event is called and what it takes.
//!
//! The parser, the schema and the README's table read these rows, and every row has its test over
//! sockets. An event that is not a row does not exist.

use crate::document::{KeyRow, key};

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Trading in a symbol stops.
    Halt,
    /// It goes on.
    Resume,
    /// Its price bands are others.
    Luld,
    /// Its auction is unbalanced.
    Imbalance,
    /// A print did not happen.
    TradeCancel,
    /// A print was another one.
    TradeCorrect,
    /// A print is told late.
    LatePrint,
    /// An article.
    News,
    /// Money or shares of an account move.
    Activity,
    /// Shares become more or fewer.
    Split,
    /// An asset's standing with the broker.
    Asset,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A symbol of the recording.
    Symbol,
    /// At most so many printable characters of ASCII.
    Code(usize),
    /// A positive price in dollars.
    Price,
    /// A positive number of shares.
    Qty,
    /// An amount in dollars, which may be negative.
    Money,
    /// A whole number between these two.
    Whole(i64, i64),
    /// True or false.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// A list of symbols.
    Symbols,
    /// A time such as `90s`.
    Span,
}

/// A parameter of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ParamRow {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Whether there is no event without it.
    pub(crate) needed: bool,
    pub(crate) words: &'static str,
}

/// A kind of event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KindRow {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) params: &'static [ParamRow],
    /// What a client sees.
    pub(crate) words: &'static str,
}

const fn needs(name: &'static str, shape: Shape, words: &'static str) -> ParamRow {
    ParamRow { name, shape, needed: true, words }
}

const fn takes(name: &'static str, shape: Shape, words: &'static str) -> ParamRow {
    ParamRow { name, shape, needed: false, words }
}

const SYMBOL: ParamRow = needs("symbol", Shape::Symbol, "whose");

/// Activities that are not trades (`alpaca.md` §2.1); `SPLIT` has a kind of its own.
const ACTIVITIES: &[&str] = &[
    "DIV", "DIVCGL", "DIVCGS", "DIVFEE", "DIVFT", "DIVNRA", "DIVROC", "DIVTW", "DIVTXEX", "FEE",
    "CFEE", "INT", "INTNRA", "INTTW", "CSD", "CSW", "JNL", "JNLC", "MISC", "TRANS", "PTC", "CGD",
];

const WHICH: ParamRow = takes(
    "trade",
    Shape::Whole(0, i64::MAX),
    "number of the print (`i`); the last one unless told",
);

/// Every kind of event.
pub(crate) const KINDS: &[KindRow] = &[
    KindRow {
        kind: Kind::Halt,
        name: "halt",
        params: &[
            SYMBOL,
            takes("code", Shape::Code(2), "`sc` of the message; `H` on tape C, else `2`"),
            takes("reason", Shape::Code(8), "`rc` of the message; `T1` on tape C, else `P`"),
            takes("quotes", Shape::Flag, "whether the symbol is quoted all the same; false"),
        ],
        words: "`s`; the symbol does not trade, and the recording of it passes unseen; orders are \
                taken in, become `new` and wait; `ioc` and `fok` are canceled",
    },
    KindRow {
        kind: Kind::Resume,
        name: "resume",
        params: &[
            SYMBOL,
            takes("code", Shape::Code(2), "`sc` of the message; `T` on tape C, else `3`"),
            takes("reason", Shape::Code(8), "`rc` of the message; none"),
            takes("price", Shape::Price, "of a reopening print (condition `5`); none without it"),
            takes("size", Shape::Qty, "shares of that print; 100"),
        ],
        words: "`s`, then the reopening print; waiting orders trade with it or with the next quote",
    },
    KindRow {
        kind: Kind::Luld,
        name: "luld",
        params: &[
            SYMBOL,
            takes("low", Shape::Price, "lowest price"),
            takes("high", Shape::Price, "highest price; neither: the rule's bands again"),
            takes("indicator", Shape::Code(1), "`i` of the message; `B`"),
        ],
        words: "`l`; nothing trades outside, and quotes at a band pause the symbol, as with bands of \
                the rule",
    },
    KindRow {
        kind: Kind::Imbalance,
        name: "imbalance",
        params: &[SYMBOL, needs("price", Shape::Price, "where the auction would be held")],
        words: "`i`, and nothing else",
    },
    KindRow {
        kind: Kind::TradeCancel,
        name: "trade_cancel",
        params: &[
            SYMBOL,
            WHICH,
            takes("action", Shape::Word(&["cancel", "error"]), "`C` or `E` of the message; `C`"),
        ],
        words: "`x`; the print is `canceled` in `/v2/stocks/trades` and counts for no bar, and `u` \
                follows half a minute after its minute's end",
    },
    KindRow {
        kind: Kind::TradeCorrect,
        name: "trade_correct",
        params: &[
            SYMBOL,
            WHICH,
            takes("price", Shape::Price, "what it was; unchanged unless told"),
            takes("size", Shape::Qty, "the same"),
        ],
        words: "`c`; `/v2/stocks/trades` has both, `incorrect` and `corrected`; `u` as above",
    },
    KindRow {
        kind: Kind::LatePrint,
        name: "late_print",
        params: &[
            SYMBOL,
            needs("price", Shape::Price, "of it"),
            takes("size", Shape::Qty, "of it; 100"),
            needs("late", Shape::Span, "how long ago it happened"),
            takes("conditions", Shape::Code(4), "its condition letters; none"),
        ],
        words: "`t` with its own time; our orders and the last price are not moved by it; `u` as above",
    },
    KindRow {
        kind: Kind::News,
        name: "news",
        params: &[
            needs("headline", Shape::Text, "title"),
            takes("summary", Shape::Text, "first sentence; none"),
            takes("content", Shape::Text, "HTML; none"),
            needs("symbols", Shape::Symbols, "whom it is about, played or not"),
        ],
        words: "`n`, and from then on in `/v1beta1/news`",
    },
    KindRow {
        kind: Kind::Activity,
        name: "activity",
        params: &[
            needs("type", Shape::Word(ACTIVITIES), "what it is"),
            takes("sub_type", Shape::Code(8), "such as `CDIV` or `REG`; none"),
            takes(
                "account",
                Shape::Whole(0, 65_535),
                "whose, 0 first; 0, or all who hold the symbol",
            ),
            takes("symbol", Shape::Symbol, "of which shares; none"),
            takes(
                "per_share_amount",
                Shape::Money,
                "paid for each share held, instead of net_amount",
            ),
            takes("net_amount", Shape::Money, "what the account gets; negative: what it pays"),
            takes("qty", Shape::Qty, "shares that it is about; none"),
            takes("price", Shape::Price, "what one of them was worth; none"),
            takes("description", Shape::Text, "for people; none"),
        ],
        words: "`cash` moves, and `/v2/account/activities` lists it",
    },
    KindRow {
        kind: Kind::Split,
        name: "split",
        params: &[
            SYMBOL,
            needs("new", Shape::Whole(1, 1_000), "so many new shares"),
            needs("old", Shape::Whole(1, 1_000), "for so many old ones"),
        ],
        words: "open orders of the symbol are `canceled`, positions have other quantities at the same \
                cost, and activities say `SPLIT`; the recorded prices stay what they are",
    },
    KindRow {
        kind: Kind::Asset,
        name: "asset",
        params: &[
            SYMBOL,
            takes("active", Shape::Flag, "false: `asset SPY is not active`"),
            takes("tradable", Shape::Flag, "false: `asset SPY is not tradable`"),
            takes("shortable", Shape::Flag, "false: `asset SPY cannot be sold short`"),
            takes("fractionable", Shape::Flag, "false: `asset \"SPY\" is not fractionable`"),
            takes("margin_long", Shape::Whole(1, 100), "percent of a long position; 30 at first"),
            takes("margin_short", Shape::Whole(1, 100), "percent of a short position; 30 at first"),
        ],
        words: "`/v2/assets` says so, orders are refused and margins computed by it; what is not told \
                stays as it was",
    },
];

/// The keys of every event beside those of its kind, in the order of the documents.
pub(crate) const KEYS: &[KeyRow] = &[
    key("kind", r#"{"type":"string"}"#, "one of the table below"),
    key(
        "at",
        r#"{"type":"string","pattern":"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$"}"#,
        "at this time in New York",
    ),
    key(
        "after",
        r#"{"type":"string","pattern":"^[0-9]+(ms|s|m|h)$"}"#,
        "so long after the session began, for example `90s`; `0s` unless anything is told",
    ),
    key(
        "after_orders",
        r#"{"type":"integer","minimum":1}"#,
        "once so many orders were taken in, of all accounts; exits of a group and replacements do \
         not count",
    ),
    key(
        "wait",
        r#"{"type":"string","pattern":"^[0-9]+(ms|s|m|h)$"}"#,
        "so long after that order; at once unless told",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn rows_have_names_of_their_own_and_no_parameter_hides_a_key() {
        let names: BTreeSet<&str> = KINDS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), KINDS.len());
        for param in KINDS.iter().flat_map(|row| row.params) {
            assert!(KEYS.iter().all(|key| key.name != param.name), "{}", param.name);
        }
    }
}
