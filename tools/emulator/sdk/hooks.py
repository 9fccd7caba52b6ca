"""What Schemathesis cannot guess: ids of orders, lists and positions that exist, and orders that are
legal. Cases that are meant to be mistakes stay as they were drawn.

Found by openapi.sh, which tells where the emulator is: EMULATOR_URL, EMULATOR_KEY, EMULATOR_SECRET.
"""

import http.client
import json
import os
import time
import urllib.parse

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

HOST = urllib.parse.urlsplit(os.environ["EMULATOR_URL"]).netloc
KEYS = {
    "APCA-API-KEY-ID": os.environ["EMULATOR_KEY"],
    "APCA-API-SECRET-KEY": os.environ["EMULATOR_SECRET"],
}
# Far below the market: it rests.
RESTING = {"symbol": "SPY", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1.25",
           "time_in_force": "gtc"}
BUYING = {"symbol": "SPY", "qty": "5", "side": "buy", "type": "market", "time_in_force": "day"}
NOBODY = "00000000-0000-4000-8000-000000000000"
POSITION = "/v2/positions/{symbol_or_asset_id}"
PRICES = {
    "market": {},
    "limit": {"limit_price": "1.25"},
    "stop": {"stop_price": "900"},
    "stop_limit": {"stop_price": "900", "limit_price": "901"},
    "trailing_stop": {"trail_percent": "5"},
}
LASTING = ("day", "gtc")


class Desk:
    """What exists now; made anew when it is gone."""

    def __init__(self):
        self.order, self.list, self.lists = {}, {}, 0

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(HOST, timeout=5)
        try:
            connection.request(method, path, body and json.dumps(body), KEYS)
            reply = connection.getresponse()
            data = reply.read()
            return reply.status, json.loads(data) if data else None
        finally:
            connection.close()

    def place(self, order):
        """Places an order, after whatever stands in its way is gone."""
        status, reply = self.ask("POST", "/v2/orders", order)
        if status != 200:
            self.ask("DELETE", "/v2/orders")
            self.ask("DELETE", "/v2/positions")
            status, reply = self.ask("POST", "/v2/orders", order)
        assert status == 200, reply
        return reply

    def wait(self, path, done):
        """What is there once it is done; a second is far more than it takes."""
        for _ in range(100):
            status, reply = self.ask("GET", path)
            if status == 200 and done(reply):
                return reply
            time.sleep(0.01)
        raise AssertionError(f"{path}: {status} {reply}")

    def resting_order(self):
        status, order = self.ask("GET", f"/v2/orders/{self.order.get('id', NOBODY)}")
        if status != 200 or order["status"] != "new":
            path = f"/v2/orders/{self.place(RESTING)['id']}"
            order = self.wait(path, lambda order: order["status"] != "pending_new")
        self.order = order
        return order

    def watchlist(self):
        status, found = self.ask("GET", f"/v2/watchlists/{self.list.get('id', NOBODY)}")
        if status != 200:
            wish = {"name": self.new_name(), "symbols": ["SPY"]}
            _, found = self.ask("POST", "/v2/watchlists", wish)
        self.list = found
        return found

    def new_name(self):
        self.lists += 1
        return f"list {self.lists}"

    def hold_shares(self):
        # One's own open orders could meet the one that closes the position, or hold its shares.
        self.ask("DELETE", "/v2/orders")
        if self.ask("GET", "/v2/positions/SPY")[0] != 200:
            self.place(BUYING)
            self.wait("/v2/positions/SPY", bool)

    def announcement(self):
        path = "/v2/corporate_actions/announcements"
        _, found = self.ask("GET", f"{path}?ca_types=Dividend&since=2020-12-01&until=2020-12-31")
        return found[0]


desk = Desk()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes what was drawn to be right refer to what exists; what was drawn to be wrong stays."""
    meta = case.meta
    if meta is None or meta.generation.mode != GenerationMode.POSITIVE:
        return
    # Ids that links have brought exist already.
    if meta.phase.name != TestPhase.STATEFUL:
        point(case.operation, case.path_parameters or {})
        case.query = queried(case.operation, case.query or {})
    if isinstance(case.body, dict):
        case.body = legal(case.operation, case.body)


def point(operation, path_parameters):
    if "order_id" in path_parameters:
        path_parameters["order_id"] = desk.resting_order()["id"]
    if "watchlist_id" in path_parameters:
        path_parameters["watchlist_id"] = desk.watchlist()["id"]
    if operation.path == POSITION:
        desk.hold_shares()
    for name in ("symbol_or_asset_id", "symbol"):
        if name in path_parameters:
            path_parameters[name] = "SPY"
    if "id" in path_parameters:
        path_parameters["id"] = desk.announcement()["id"]


def queried(operation, query):
    if operation.path == "/v2/orders:by_client_order_id":
        return {"client_order_id": desk.resting_order()["client_order_id"]}
    if operation.path == "/v2/watchlists:by_name":
        return {"name": desk.watchlist()["name"]}
    if operation.path == POSITION and operation.method == "delete" and query:
        return {"percentage": "50"}
    return query


def legal(operation, body):
    if operation.path == "/v2/orders":
        return legal_order(body)
    if operation.path == "/v2/orders/{order_id}":
        return {"limit_price": "1.26"} | {key: body[key] for key in body if key == "time_in_force"}
    if operation.path == "/v2/account/configurations":
        # An account that may not trade would end the tour.
        return body | {"suspend_trade": False, "fractional_trading": True}
    if "watchlists" in operation.path:
        return legal_list(operation, body)
    return body


def legal_order(body):
    """The same kind of order, of an asset that is here and at prices that fit."""
    kind, lasts = body["type"], body["time_in_force"]
    order = {"symbol": "SPY", "qty": "1", "side": "buy", "type": kind} | PRICES[kind]
    fits = kind in ("market", "limit") or lasts in LASTING
    order["time_in_force"] = lasts if fits else "day"
    if kind == "limit" and body.get("order_class") == "bracket":
        order |= {"order_class": "bracket", "time_in_force": "day",
                  "take_profit": {"limit_price": "500"}, "stop_loss": {"stop_price": "1"}}
    return order


def legal_list(operation, body):
    if "symbol" in body:
        return {"symbol": "SPY"}
    if operation.method == "put":
        # Another name would hide the list from who asks for it by its name.
        return {"symbols": ["SPY"]}
    return body | {"name": desk.new_name(), "symbols": ["SPY"]}
