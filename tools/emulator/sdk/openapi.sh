#!/usr/bin/env bash
# Schemathesis against the REST surface, by the description that the emulator serves: requests of every
# shape, and no 500, no hang, no reply that the description does not tell of.
# Usage: openapi.sh ST0CK_BINARY [SCHEMATHESIS]
set -euo pipefail
st0ck=$(realpath "$1")
schemathesis=${2:-schemathesis}
# It leaves a cache where it runs: that is a folder that goes with it.
work=$(mktemp -d)
cd "$work"
ready=$work/ready
"$st0ck" emulate alpaca --seed 7 --start now --speed 10 --no-rate-limit >"$ready" &
pid=$!
trap 'kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s "$ready" ] && break; sleep 0.1; done
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$ready" "$1"; }
rest=$(field rest)
"$schemathesis" run "$rest/openapi.json" --url "$rest" \
  -H "APCA-API-KEY-ID: $(field key)" -H "APCA-API-SECRET-KEY: $(field secret)" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --max-examples 30 --seed 1 --request-timeout 5 --workers 1
