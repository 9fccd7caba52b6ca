//! One account's books: orders, positions, cash and executions.
//!
//! Shares no code with the engine's order manager, so that the two can be held against each other.
//! [`House`](crate::house::House) owns one for each account and alone changes it.
//!
//! *Invariant:* sans I/O and without a clock. Every time it stamps was told to it.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod execution;
pub(crate) mod group;
pub(crate) mod ids;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod position;
pub(crate) mod reserve;
pub(crate) mod update;

use crate::account::configurations::Configurations;
use crate::account::history::EquityCurve;
use crate::account::watchlists::Watchlists;
use account::Account;
use activity::OtherActivity;
use execution::Execution;
use group::Group;
use ids::IdSource;
use orders::Orders;
use position::Position;

/// What one account has and did.
#[derive(Debug)]
pub(crate) struct Book {
    /// Who it is, and its cash.
    pub(crate) account: Account,
    /// One per asset of the house, in the same order.
    pub(crate) positions: Vec<Position>,
    /// Every order.
    pub(crate) orders: Orders,
    /// Every group of orders.
    pub(crate) groups: Vec<Group>,
    /// Every execution, oldest first.
    pub(crate) executions: Vec<Execution>,
    executions_kept: usize,
    /// Every other activity, oldest first.
    pub(crate) others: Vec<OtherActivity>,
    /// Its equity, minute by minute.
    pub(crate) equity: EquityCurve,
    /// What its owner set.
    pub(crate) settings: Configurations,
    /// Its owner's lists of assets.
    pub(crate) watchlists: Watchlists,
    /// Names its orders, executions, updates and lists.
    pub(crate) ids: IdSource,
}

impl Book {
    /// The book of an account that has done nothing yet, in a house of so many assets.
    pub(crate) fn new(
        account: Account,
        assets: usize,
        ids: IdSource,
        settings: Configurations,
    ) -> Self {
        Self {
            equity: EquityCurve::new(account.last_equity),
            account,
            positions: vec![Position::default(); assets],
            orders: Orders::default(),
            groups: Vec::new(),
            executions: Vec::new(),
            executions_kept: usize::MAX,
            others: Vec::new(),
            settings,
            watchlists: Watchlists::default(),
            ids,
        }
    }

    /// Keeps so many final orders, and as many executions, from now on.
    pub(crate) fn keep(&mut self, kept: usize) {
        self.orders.keep(kept);
        self.executions_kept = kept.max(1);
    }

    /// Forgets the oldest executions, when there are twice as many as are to be kept: not one by one,
    /// for all others move up.
    pub(crate) fn forget_executions(&mut self) {
        if self.executions.len() / 2 >= self.executions_kept {
            self.executions.drain(..self.executions_kept);
        }
    }
}
