#!/usr/bin/env bash
# The same sessions replayed by other builds: debug, release, and release for the oldest x86-64 and for this
# very processor (by profile `ci`: the same optimisations, faster to build). One build records random
# sessions, each build replays them twice, and all must tell the same hashes.
#
#   tools/st0ck/proofs/builds.sh                     50 sessions, a few minutes
#   ST0CK_PROOFS=full tools/st0ck/proofs/builds.sh   1,000 sessions
#
# Builds go to $ST0CK_BUILDS (default: target/proofs), sessions to a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/../../.."
builds=${ST0CK_BUILDS:-$PWD/target/proofs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ST0CK_SESSIONS=$work/sessions CARGO_TERM_COLOR=never
mkdir -p "$ST0CK_SESSIONS"

# NAME PROFILE RUSTFLAGS: runs one ignored test of the lab in that build.
run() {
  local name=$1 profile=$2 flags=$3 test=$4
  RUSTFLAGS=$flags CARGO_TARGET_DIR=$builds/$name cargo test --quiet --profile "$profile" -p st0ck-lab \
    --test it -- --exact "sessions::$test" --ignored --nocapture >"$work/$name.log" 2>&1 ||
    { tail -30 "$work/$name.log"; echo "the $name build failed"; exit 1; }
}

told() {
  grep -o 'told .*' "$work/$1.log" >"$work/$1.told"
}

run debug dev "" sessions_are_recorded_for_other_builds
echo "recorded by the debug build: $(ls "$ST0CK_SESSIONS" | wc -l) sessions"
for build in "debug dev" "release release" "x86-64 ci -C target-cpu=x86-64" "native ci -C target-cpu=native"; do
  read -r name profile flags <<<"$build"
  run "$name" "$profile" "$flags" recorded_sessions_are_told_by_their_hashes
  told "$name"
  differences=$(diff "$work/debug.told" "$work/$name.told" | grep -c '^[<>]' || true)
  echo "$name: $(wc -l <"$work/$name.told") sessions replayed twice, $differences lines differ," \
    "sum $(sha256sum <"$work/$name.told" | cut -c1-16)"
  [ "$differences" = 0 ] || exit 1
  ! grep -q 'equal false' "$work/$name.told" || { echo "$name: not equal"; exit 1; }
done

# The control: one hash that is another must be seen.
sed '1s/state ./state x/' "$work/debug.told" | diff -q - "$work/native.told" >/dev/null &&
  { echo "the control: a changed hash was not seen"; exit 1; }
echo "control: a changed hash is seen"
