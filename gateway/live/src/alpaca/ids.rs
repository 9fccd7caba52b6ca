//! Alpaca's names for orders and executions, and ours.
//!
//! Orders and executions of the stream are UUIDs. A FILL activity is called
//! `YYYYMMDDHHMMSSmmm::<uuid>`; whether that UUID equals the stream's `execution_id` is not
//! documented, so the core also knows a fill by its order's cumulative quantity.

use st0ck_types::ids::{parse_uuid, uuid_text};
use st0ck_types::{BrokerOrderId, ExecutionId, Text};

/// An order's UUID; [`BrokerOrderId::NONE`] for anything else.
#[must_use]
pub fn broker_order_id(text: &str) -> BrokerOrderId {
    BrokerOrderId(parse_uuid(text).unwrap_or(0))
}

/// An order's UUID as text.
#[must_use]
pub fn order_uuid(id: BrokerOrderId) -> Text<36> {
    uuid_text(id.0)
}

/// An execution's UUID.
#[must_use]
pub fn execution_id(text: &str) -> Option<ExecutionId> {
    parse_uuid(text).map(ExecutionId)
}

/// The UUID inside an activity's id.
#[must_use]
pub fn activity_execution_id(text: &str) -> Option<ExecutionId> {
    text.split_once("::").and_then(|(_, uuid)| execution_id(uuid))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "61e69015-8549-4bfd-b9c3-01e75843f47d";

    #[test]
    fn names_round_trip() {
        assert_eq!(order_uuid(broker_order_id(UUID)).as_str(), UUID);
        assert_eq!(broker_order_id("42"), BrokerOrderId::NONE);
        let activity = format!("20260615143125024::{UUID}");
        assert_eq!(activity_execution_id(&activity), execution_id(UUID));
        assert_eq!(activity_execution_id(UUID), None);
        assert_eq!(activity_execution_id("20260615143125024::x"), None);
    }
}
