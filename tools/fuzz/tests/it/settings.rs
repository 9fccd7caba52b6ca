//! Every setting, mutated: the whole count runs here, for it takes no time.

use st0ck_fuzz::settings;

#[test]
fn every_mutant_of_every_setting_is_refused_by_name_or_still_legal_and_shown() {
    let tallies = settings::try_all();
    let mutants: u64 = tallies.values().map(|tally| tally.mutants).sum();
    assert!(mutants > 100 * settings::key_count() as u64, "only {mutants}");
    for (class, tally) in tallies {
        assert_eq!(tally.wrong, Vec::<String>::new(), "{class}");
        let absent = class == "absent";
        assert_eq!(tally.refused > 0, !absent, "{class}: nothing was refused");
    }
}
