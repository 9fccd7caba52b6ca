#!/usr/bin/env bash
# The description that the emulator serves: is it one (openapi-spec-validator), and does the REST surface
# keep to it (Schemathesis)? Requests of every shape, links followed, and no 500, no hang, no reply that
# the description does not tell of, no operation that was never really reached. Takes about two minutes.
# Usage: openapi.sh ST0CK_BINARY [FOLDER OF THE TOOLS], which `pip install -r openapi.txt` has made.
set -euo pipefail
st0ck=$(realpath "$1")
tools=${2:+$(realpath "$2")/}
here=$(dirname "$(realpath "$0")")
# Schemathesis leaves a cache where it runs: that is a folder that goes with it.
work=$(mktemp -d)
cp "$here/schemathesis.toml" "$here/hooks.py" "$work"
cd "$work"
ready=$work/ready
"$st0ck" emulate alpaca --seed 7 --start now --speed 10 --no-rate-limit >"$ready" &
pid=$!
trap 'kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s "$ready" ] && break; sleep 0.1; done
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$ready" "$1"; }
EMULATOR_URL=$(field rest) EMULATOR_KEY=$(field key) EMULATOR_SECRET=$(field secret)
export EMULATOR_URL EMULATOR_KEY EMULATOR_SECRET
python3 -c 'import sys,urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1]).read())' \
  "$EMULATOR_URL/openapi.json" >openapi.json
"${tools}openapi-spec-validator" openapi.json
"${tools}schemathesis" run "$EMULATOR_URL/openapi.json" --url "$EMULATOR_URL" \
  -H "APCA-API-KEY-ID: $EMULATOR_KEY" -H "APCA-API-SECRET-KEY: $EMULATOR_SECRET"
