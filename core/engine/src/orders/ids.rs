//! Who mints the ids of this lane's orders.

use st0ck_types::{BotCode, ClientOrderId, Epoch, Nonce, OrderNo};

/// The parts of a client order id that do not change from order to order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The installation.
    pub nonce: Nonce,
    /// The bot.
    pub bot: BotCode,
    /// The process life.
    pub epoch: Epoch,
}

impl Identity {
    /// The id of the order with this ordinal in this process life.
    #[must_use]
    pub fn mint(&self, no: OrderNo) -> ClientOrderId {
        ClientOrderId::mint(self.nonce, self.bot, self.epoch, no)
    }
}
