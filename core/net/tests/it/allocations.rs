//! A feed in its stride allocates nothing: the reads, the frames and the events of short messages
//! live in memory that was taken at the start.

use st0ck_net::websocket::{Frame, Session, WsConfig};

/// A server's text frame of a typical quote batch.
fn message(length: u16) -> Vec<u8> {
    let mut frame = vec![0x81, 126];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.resize(4 + usize::from(length), b'q');
    frame
}

#[test]
fn receiving_short_messages_allocates_nothing_after_the_first() {
    let mut session = Session::client(&WsConfig::default(), Vec::new());
    let wire = [message(150), message(2_000), message(700)].concat();
    let turn = |session: &mut Session| {
        session.space()[..wire.len()].copy_from_slice(&wire);
        session.filled(wire.len());
        let mut messages = 0;
        while let Some(frame) = session.next_frame().unwrap() {
            assert!(matches!(frame, Frame::Text(_)));
            messages += 1;
        }
        assert_eq!(messages, 3);
    };
    for _ in 0..100 {
        turn(&mut session);
    }
    // The counter does count: sending allocates.
    let control = allocation_counter::measure(|| {
        session.send_text("a message out is copied").unwrap();
    });
    assert!(control.count_total > 0);
    session.outbound().clear();
    let counted = allocation_counter::measure(|| {
        for _ in 0..10_000 {
            turn(&mut session);
        }
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
