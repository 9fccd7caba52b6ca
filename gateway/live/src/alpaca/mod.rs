//! Alpaca's trading interface: REST for asking, the `trade_updates` stream for what happens.
//!
//! Reading order: [`rest`] is the adapter and owns the sockets; [`desk`] is its head, without any:
//! what to send next and what an answer means; [`encode`] writes requests (their numbers `decimal`),
//! [`replies`] judges answers, [`wire`] and [`decode_order`] read Alpaca's JSON, [`updates`] reads the stream,
//! [`ids`] turns Alpaca's names into ours and back.
//!
//! Facts about the wire come from Alpaca's published interface (docs.alpaca.markets, Trading API
//! v2) and from its SDKs; where those disagree the tolerant reading is taken.

mod decimal;
pub mod decode_order;
pub mod desk;
pub mod encode;
pub mod ids;
pub mod replies;
pub mod rest;
pub mod updates;
pub mod wire;

pub use rest::{AlpacaConfig, AlpacaCounters, AlpacaOrders};
