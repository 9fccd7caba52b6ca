#!/usr/bin/env python3
"""Drives alpaca-py over an emulator, plain and under TLS, and holds the README's table against it.

usage: run.py ST0CK [--only CLIENT]      BLESS=1 writes the table

One emulator for each client and transport, a minute of the session each second. Exits 1 when a call
fails, when a method of the SDK has no row, or when the table says otherwise.
"""

import json
import logging
import os
import pathlib
import subprocess
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
README = HERE.parent / "README.md"
BEGIN = "<!-- coverage: written by BLESS=1 sdk/run.py -->\n"
END = "<!-- end of coverage -->\n"
FLAGS = ["--speed", "60", "--start", "now", "--no-rate-limit", "--seed", "7"]


class Emulator:
    """A process that runs while it is wanted."""

    def __init__(self, st0ck, tls):
        self.command = [st0ck, "emulate", "alpaca", *FLAGS, *(["--tls"] if tls else [])]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        # What Python's two stacks trust; the emulator's authority and nothing else.
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            os.environ.pop(name, None)
            if ready["ca"]:
                os.environ[name] = ready["ca"]
        return ready

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def clients():
    """Name, class, rows, and what makes their context."""
    import data
    import streams
    import trading
    from alpaca.data.historical import NewsClient, ScreenerClient, StockHistoricalDataClient
    from alpaca.data.historical.corporate_actions import CorporateActionsClient
    from alpaca.data.live import NewsDataStream, StockDataStream
    from alpaca.trading.client import TradingClient
    from alpaca.trading.stream import TradingStream

    return [
        (TradingClient, trading.ROWS, trading.Context),
        (StockHistoricalDataClient, data.STOCKS, data.Context),
        (NewsClient, data.NEWS, data.Context),
        (CorporateActionsClient, data.ACTIONS, data.Context),
        (ScreenerClient, data.SCREENER, data.Context),
        (StockDataStream, streams.STOCKS, streams.Context),
        (NewsDataStream, streams.NEWS, streams.Context),
        (TradingStream, streams.UPDATES, streams.Context),
    ]


def drive(st0ck, only):
    from coverage import judge, unrowed

    results, missing = [], []
    for client, rows, context in clients():
        if only and client.__name__ != only:
            continue
        missing += [f"{client.__name__}.{name} has no row" for name in unrowed(client, rows)]
        verdicts = [{} for _ in rows]
        for transport in ("plain", "tls"):
            with Emulator(st0ck, transport == "tls") as ready:
                mine = context(ready)
                for row, verdict in zip(rows, verdicts):
                    verdict[transport] = judge(row, mine)
                    said = ": ".join(part for part in verdict[transport] if part)
                    print(f"{transport:5} {client.__name__}.{row.name}: {said}", flush=True)
        results += [(client.__name__, row, verdict) for row, verdict in zip(rows, verdicts)]
    return results, missing


def hold_against_the_readme(text):
    readme = README.read_text()
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    wanted = f"{before}{BEGIN}\n{text}\n{END}{after}"
    if os.environ.get("BLESS"):
        README.write_text(wanted)
        return []
    return [] if readme == wanted else ["the README's table says otherwise: BLESS=1 writes it"]


def main(st0ck, only=None):
    from coverage import FAILS, table

    warnings.simplefilter("ignore")  # the SDK warns of its own deprecations
    logging.disable(logging.CRITICAL)
    results, wrong = drive(st0ck, only)
    wrong += [f"{client}.{row.name} ({transport}): {verdict[1]}"
              for client, row, verdicts in results
              for transport, verdict in verdicts.items() if verdict[0] == FAILS]
    if not only:
        wrong += hold_against_the_readme(table(results))
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(results)} calls, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--only"):
        sys.exit(__doc__)
    # A hung SDK thread must not keep the process.
    status = main(sys.argv[1], *sys.argv[3:])
    sys.stdout.flush()
    os._exit(status)
