"""Rows of the coverage table: one SDK call each, and what came of it.

A row is a function that makes the call and asserts what it brought. Its verdict is found, never
declared: `works` when it returned; `refuses as Alpaca does` when the refusal is the one that the row
says Alpaca gives; `not emulated` when the emulator has no such route or stream; anything else fails.
"""

import inspect
import json
import threading
import traceback
from dataclasses import dataclass
from typing import Callable, Optional

from alpaca.common.exceptions import APIError

WORKS, REFUSES, ABSENT, FAILS = "works", "refuses as Alpaca does", "not emulated", "FAILS"
CAP_S = 20
# How the emulator says that it has no such route: each of the rows asks for what Alpaca has, so these
# are never Alpaca's answers to them.
UNKNOWN_ROUTES = ("endpoint not found", "method not allowed")
# The SDK's own plumbing, which its other methods call.
PLUMBING = {"get", "post", "put", "patch", "delete", "response_wrapper"}


class NotEmulated(Exception):
    """The emulator said that it has no such thing."""


@dataclass
class Row:
    """A method, with `case` when it is called in several ways."""

    method: str
    http: str
    call: Callable
    case: str = ""
    refusal: Optional[tuple] = None  # (status, code, message)
    absent: str = ""  # what is not emulated although the call succeeds

    @property
    def name(self):
        return f"{self.method}: {self.case}" if self.case else self.method


def judge(row, context):
    """Runs a row on a thread of its own, for a call that hangs must not hang the others."""
    verdict = []

    def run():
        try:
            row.call(context)
            if row.refusal:
                verdict.append((FAILS, f"was to be refused with {row.refusal}"))
            else:
                verdict.append((ABSENT, row.absent) if row.absent else (WORKS, ""))
        except APIError as error:
            verdict.append(of_refusal(error, row.refusal))
        except NotEmulated as error:
            verdict.append((ABSENT, str(error)))
        except Exception:  # whatever the SDK raises is a finding
            verdict.append((FAILS, traceback.format_exc(limit=-2)))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(CAP_S + 5)
    return verdict[0] if verdict else (FAILS, f"no answer in {CAP_S} s")


def of_refusal(error, expected):
    try:
        body = json.loads(str(error))
        told = (error.status_code, body.get("code"), body.get("message"))
    except ValueError:
        return FAILS, f"{error.status_code}: {error}"
    if told == expected:
        return REFUSES, ""
    if told[2] in UNKNOWN_ROUTES:
        return ABSENT, ""
    return FAILS, str(told)


def unrowed(client, rows):
    """Public methods of a client that no row calls."""
    public = {name for name, _ in inspect.getmembers(client, inspect.isfunction) if name[0] != "_"}
    return sorted(public - PLUMBING - {row.method for row in rows})


def table(results):
    """Markdown: `results` is a list of (client, row, {"plain": verdict, "tls": verdict})."""
    lines = ["| client | method | | plain | TLS |", "|---|---|---|---|---|"]
    for client, row, verdicts in results:
        shown = [f"{verdict} ({words})" if verdict == ABSENT and words else verdict
                 for verdict, words in (verdicts["plain"], verdicts["tls"])]
        lines.append(f"| {client} | `{row.method}`{' ' + row.case if row.case else ''} | {row.http} "
                     f"| {shown[0]} | {shown[1]} |")
    return "\n".join(lines) + "\n"
