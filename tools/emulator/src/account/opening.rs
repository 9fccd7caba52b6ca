//! Opening the accounts of a house: their books, and the keys that open them.
//!
//! *Invariant:* the first account draws what it always drew, in the same order, however many others
//! there are; each further one draws from a stream of its own.

use crate::account::configurations::Configurations;
use crate::account::directory::Credentials;
use crate::book::Book;
use crate::book::account::Account;
use crate::book::ids::IdSource;
use st0ck_quant::rng::Rng;
use st0ck_types::Money;
use st0ck_types::calendar::{NYSE, Session};

/// What the accounts are to be like.
pub(crate) struct Opening {
    /// How many.
    pub(crate) accounts: u16,
    /// Key of the first; drawn when `None`, as those of all others are.
    pub(crate) key: Option<String>,
    /// Secret of the first.
    pub(crate) secret: Option<String>,
    /// What each has.
    pub(crate) cash: Money,
    /// With the settings of the pattern-day-trader rule.
    pub(crate) pdt_keys: bool,
}

impl Opening {
    /// Opens them in a house of so many assets; `rng` is the root of all chance.
    pub(crate) fn open(
        self,
        session: &Session,
        assets: usize,
        rng: &Rng,
    ) -> (Vec<Book>, Vec<Credentials>) {
        let Self { accounts, mut key, mut secret, cash, pdt_keys } = self;
        let one = |place: u16| {
            let own = match place {
                0 => rng.clone(),
                place => rng.fork("accounts").fork(&place.to_string()),
            };
            let mut ids = IdSource::new(own.fork("identity"));
            let account = account(&mut ids, session, cash);
            let credentials = Credentials {
                key: key.take().unwrap_or_else(|| ids.paper_key()),
                secret: secret.take().unwrap_or_else(|| ids.secret()),
            };
            let orders = IdSource::new(own.fork("orders"));
            (Book::new(account, assets, orders, Configurations::new(pdt_keys)), credentials)
        };
        (0..accounts).map(one).unzip()
    }
}

fn account(ids: &mut IdSource, session: &Session, cash: Money) -> Account {
    let day_before = NYSE.session_before(session.date).map(|before| before.date);
    Account {
        id: ids.uuid(),
        number: ids.account_number(),
        created_at: session.pre_open,
        balance_as_of: day_before.unwrap_or(session.date),
        last_equity: cash,
        cash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn open(accounts: u16) -> Vec<(u128, String, String)> {
        let session = NYSE.session("2020-12-15".parse().unwrap()).unwrap().unwrap();
        let opening = Opening {
            accounts,
            key: Some(String::from("k")),
            secret: None,
            cash: Money::ONE,
            pdt_keys: false,
        };
        let (books, keys) = opening.open(&session, 1, &Rng::new(7));
        let books = books.iter().map(|book| book.account.id);
        books.zip(keys).map(|(id, own)| (id, own.key, own.secret)).collect()
    }

    #[test]
    fn further_accounts_change_nothing_about_the_first() {
        let (one, three) = (open(1), open(3));
        assert_eq!(one[0], three[0]);
        assert_eq!(open(2)[1], three[1]);
        assert_eq!(one[0].1, "k");
    }

    #[test]
    fn no_two_accounts_have_an_id_a_key_or_a_secret_in_common() {
        let all = open(9);
        let ids: BTreeSet<u128> = all.iter().map(|account| account.0).collect();
        let keys: BTreeSet<&str> = all.iter().map(|account| account.1.as_str()).collect();
        let secrets: BTreeSet<&str> = all.iter().map(|account| account.2.as_str()).collect();
        assert_eq!((ids.len(), keys.len(), secrets.len()), (9, 9, 9));
    }
}
