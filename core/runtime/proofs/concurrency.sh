#!/usr/bin/env bash
# The rings under tools that see what a test cannot (goal G53): Miri, which knows the memory model and
# picks schedules by a seed, and the thread sanitizer, which watches the machine's own threads. Each with
# a control that must come out red: the same tests over an rtrb whose producer publishes its index
# without ordering the item before it.
#
#   core/runtime/proofs/concurrency.sh miri    64 seeds, minutes
#   core/runtime/proofs/concurrency.sh tsan    builds the standard library, minutes
#
# Needs the nightly toolchain with the components miri and rust-src. Builds go to $ST0CK_BUILDS
# (default: target/proofs). loom and shuttle need none of it: `cargo test -p st0ck-runtime schedules`,
# more of it with ST0CK_SCHEDULES=100000.
set -euo pipefail
cd "$(dirname "$0")/../../.."
builds=${ST0CK_BUILDS:-$PWD/target/proofs}
host=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TERM_COLOR=never

case ${1:-} in
  miri) test=(miri test) seeds=${ST0CK_SEEDS:-64}; export MIRIFLAGS="-Zmiri-many-seeds=0..$seeds" ;;
  tsan) test=(test -Zbuild-std --target "$host"); export RUSTFLAGS="-Zsanitizer=thread" ;;
  *) echo "usage: $0 miri|tsan"; exit 2 ;;
esac

# FOLDER: the tests that run on real threads over the real ring, in that folder.
export CARGO_TARGET_DIR=$builds/$1
run() {
  (cd "$1" && cargo +nightly "${test[@]}" -p st0ck-runtime --lib schedules::threads_)
}

run .

# The planted mistake: this workspace over a copy of rtrb in which `Release` became `Relaxed`.
git ls-files -z | tar --null -T - -c | tar -x -C "$work"
manifest=$(cargo metadata --format-version 1 --locked |
  grep -o '"manifest_path":"[^"]*/rtrb-[0-9.]*/Cargo.toml"' | head -1 | cut -d'"' -f4)
cp -r "$(dirname "$manifest")" "$work/rtrb"
sed -i 's/\.store(tail, Ordering::Release)/.store(tail, Ordering::Relaxed)/' "$work/rtrb/src/lib.rs"
grep -q 'store(tail, Ordering::Relaxed)' "$work/rtrb/src/lib.rs" || { echo "nothing planted"; exit 1; }
printf '\n[patch.crates-io]\nrtrb = { path = "rtrb" }\n' >>"$work/Cargo.toml"
if run "$work" >"$work/planted.log" 2>&1; then
  echo "control: the planted mistake was NOT caught"
  exit 1
fi
grep -m1 -i 'data race' "$work/planted.log" || { tail -20 "$work/planted.log"; exit 1; }
echo "control: the planted mistake was caught"
