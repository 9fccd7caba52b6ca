//! A kill after any input: the next life is what the replay of the journal says it is.

use crate::rig::{Crew, ROOMY, Rig};
use crate::strategies::Buyer;
use st0ck_engine::lane_clock::ClockKind;

const BUYER: Crew = || vec![Box::<Buyer>::default()];

#[test]
fn an_input_before_a_kill_is_recovered_whole_or_cut_whole() {
    // Inputs that led to something and inputs that led to nothing stand last in turn.
    for inputs in 0..12 {
        let mut rig = Rig::new(BUYER, ROOMY);
        for n in 0..inputs {
            if n % 3 == 2 { rig.print(1) } else { rig.quote("99.98", "100.02") }
        }
        rig.crank();
        let mut rig = rig.killed_and_restarted(ClockKind::Feed);
        rig.quote("99.99", "100.01");
        rig.crank();
        rig.end();
    }
}
