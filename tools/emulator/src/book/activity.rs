//! What moves an account's money or shares beside its trades: dividends, interest, fees, splits.
//!
//! *Invariant:* appended in the order of their times and never changed; what an activity says of the
//! account has been done to it.

use crate::book::Book;
use st0ck_types::calendar::NYSE;
use st0ck_types::ids::uuid_text;
use st0ck_types::{Money, Nanos, Price, Qty};

/// What an activity is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ActivityFacts {
    /// `DIV`, `FEE` … (`alpaca.md` §2.1).
    pub(crate) kind: String,
    /// `CDIV`, `REG` …
    pub(crate) sub_type: Option<String>,
    /// Whose shares.
    pub(crate) symbol: Option<String>,
    /// How many; negative when they went.
    pub(crate) qty: Option<Qty>,
    /// What one was worth.
    pub(crate) price: Option<Price>,
    /// Money for each share.
    pub(crate) per_share: Option<Money>,
    /// For people.
    pub(crate) description: Option<String>,
}

/// One activity.
#[derive(Debug, Clone)]
pub(crate) struct OtherActivity {
    /// `YYYYMMDD000000000::uuid`.
    pub(crate) id: String,
    /// When it was booked.
    pub(crate) at: Nanos,
    /// What it is of.
    pub(crate) facts: ActivityFacts,
    /// What it moved; negative when the account paid.
    pub(crate) net_amount: Money,
}

impl Book {
    /// Books an activity, and its money.
    pub(crate) fn book_activity(&mut self, facts: ActivityFacts, net_amount: Money, at: Nanos) {
        let (year, month, day) = NYSE.zone().date(at).civil();
        let uuid = uuid_text(self.ids.uuid());
        let id = format!("{year:04}{month:02}{day:02}000000000::{uuid}");
        self.account.cash += net_amount;
        self.others.push(OtherActivity { id, at, facts, net_amount });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::tests::book;

    #[test]
    fn an_activity_moves_cash_and_is_named_by_its_day() {
        let (mut book, at) = (book(1), Nanos(1_608_042_600_000_000_000));
        let cash = book.account.cash;
        let facts = ActivityFacts { kind: "FEE".into(), ..ActivityFacts::default() };
        book.book_activity(facts, Money::parse("-1.25").unwrap(), at);
        assert_eq!(book.account.cash, cash - Money::parse("1.25").unwrap());
        assert!(book.others[0].id.starts_with("20201215000000000::"), "{}", book.others[0].id);
    }
}
