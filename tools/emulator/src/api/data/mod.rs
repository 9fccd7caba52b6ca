//! The data API of stocks and news: what has happened on the market by now, and no later.
//!
//! In reading order: [`ask`], what all of them take; [`page`], how long answers are cut; the routes,
//! one file per resource; [`sheet`], how replies are written.

pub(crate) mod actions;
pub(crate) mod ask;
pub(crate) mod auctions;
pub(crate) mod bars;
pub(crate) mod latest;
pub(crate) mod meta;
pub(crate) mod news;
pub(crate) mod page;
pub(crate) mod screener;
pub(crate) mod sheet;
pub(crate) mod snapshots;
pub(crate) mod ticks;
