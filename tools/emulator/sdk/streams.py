"""Every method of alpaca-py's streams: each subscription must bring a message of its kind."""

import asyncio
import http.client
import ssl
import threading
import time
from urllib.parse import urlsplit

from alpaca.data.enums import DataFeed
from alpaca.data.live import NewsDataStream, StockDataStream
from alpaca.trading.client import TradingClient
from alpaca.trading.requests import MarketOrderRequest
from alpaca.trading.stream import TradingStream

from coverage import CAP_S, NotEmulated, Row

MSGPACK = {"Content-Type": "application/msgpack"}


def open_or_say(ready, path, headers):
    """Shakes hands once by hand: the SDK would knock for ever at a door that is not there."""
    url = urlsplit(ready["rest"])
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    secure = {"context": ssl.create_default_context()} if url.scheme == "https" else {}
    connection = kind(url.hostname, url.port, timeout=CAP_S, **secure)
    connection.request("GET", path, headers={
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers})
    status = connection.getresponse().status
    connection.close()
    if status in (404, 415):
        raise NotEmulated(f"{path}: {status}")
    assert status == 101, f"{path}: {status}"


class Context:
    """The ready line, and how to watch a stream."""

    def __init__(self, ready):
        self.ready = ready

    def keys(self, path):
        return dict(api_key=self.ready["key"], secret_key=self.ready["secret"],
                    url_override=self.ready["stream"] + path)

    def stocks(self):
        open_or_say(self.ready, "/v2/iex", MSGPACK)
        return StockDataStream(**self.keys("/v2/iex"), feed=DataFeed.IEX)

    def news(self):
        open_or_say(self.ready, "/v1beta1/news", MSGPACK)
        return NewsDataStream(**self.keys("/v1beta1/news"))

    def updates(self):
        open_or_say(self.ready, "/stream", {})
        return TradingStream(**self.keys("/stream"))


class Watched:
    """A stream that runs on a thread, and what it brought."""

    def __init__(self, stream):
        self.stream, self.got = stream, []
        self.thread = threading.Thread(target=stream.run, daemon=True)

    async def take(self, item):
        self.got.append(item)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stream.stop()
        self.thread.join(CAP_S)
        assert not self.thread.is_alive(), "the stream does not stop"

    def wait(self, enough):
        end = time.monotonic() + CAP_S
        while not enough(self.got):
            assert time.monotonic() < end and self.thread.is_alive(), f"only {self.got[-3:]}"
            time.sleep(0.02)
        return self.got


def brings(opened, subscribe, symbol="SPY"):
    """Subscribes, waits for one message, unsubscribes, stops."""
    def call(context):
        watched = Watched(opened(context))
        getattr(watched.stream, subscribe)(watched.take, symbol)
        with watched:
            first = watched.wait(bool)[0]
            assert symbol == "*" or first.symbol == symbol, first
            getattr(watched.stream, subscribe.replace("subscribe", "unsubscribe"))(symbol)
    return call


def quiet(opened, subscribe):
    """Subscribes to what may not happen in a session, and stops when a quote has come."""
    def call(context):
        watched = Watched(opened(context))
        getattr(watched.stream, subscribe)(watched.take, "SPY")
        watched.stream.subscribe_quotes(watched.take, "SPY")
        with watched:
            watched.wait(bool)
    return call


def registers(method):
    def call(context):
        watched = Watched(context.stocks())
        getattr(watched.stream, method)(watched.take)
        watched.stream.subscribe_trades(watched.take, "SPY")
        with watched:
            watched.wait(bool)
    return call


def end(watched, method):
    """Calls one of the ways to end a stream, and sees it end."""
    if method != "stop":
        asyncio.run_coroutine_threadsafe(
            getattr(watched.stream, method)(), watched.stream._loop).result(CAP_S)
    watched.stream.stop()
    watched.thread.join(CAP_S)
    assert not watched.thread.is_alive(), "the stream does not stop"


def stops(opened, subscribe, method):
    def call(context):
        watched = Watched(opened(context))
        getattr(watched.stream, subscribe)(watched.take, "SPY")
        watched.thread.start()
        watched.wait(bool)
        end(watched, method)
    return call


def events(got):
    """Their names: the SDK leaves them as text or makes an enumeration of them."""
    return [getattr(update.event, "value", update.event) for update in got]


def updates(context):
    watched = Watched(context.updates())
    watched.stream.subscribe_trade_updates(watched.take)
    client = TradingClient(context.ready["key"], context.ready["secret"],
                           url_override=context.ready["rest"])
    with watched:
        time.sleep(0.5)  # the SDK does not tell when it listens
        client.submit_order(MarketOrderRequest(symbol="SPY", qty=1, side="buy", time_in_force="day"))
        got = watched.wait(lambda got: "fill" in events(got))
    assert events(got)[:2] == ["pending_new", "new"], got
    assert got[-1].price and got[-1].position_qty, got[-1]


def ends(method):
    def call(context):
        watched = Watched(context.updates())
        watched.stream.subscribe_trade_updates(watched.take)
        watched.thread.start()
        time.sleep(0.5)
        end(watched, method)
    return call


def stocks(context):
    return context.stocks()


def news(context):
    return context.news()


SUBSCRIPTIONS = [("trades", True), ("quotes", True), ("bars", True), ("updated_bars", False),
                 ("daily_bars", True), ("trading_statuses", False)]
STOCKS = [
    Row(f"{verb}_{what}", f"`{what}`", (brings if comes else quiet)(stocks, f"subscribe_{what}"))
    for what, comes in SUBSCRIPTIONS for verb in ("subscribe", "unsubscribe")
] + [
    Row("register_trade_corrections", "`corrections`", registers("register_trade_corrections")),
    Row("register_trade_cancels", "`cancelErrors`", registers("register_trade_cancels")),
] + [
    Row(method, "", stops(stocks, "subscribe_quotes", "stop" if method == "run" else method))
    for method in ("run", "stop", "stop_ws", "close")
]
NEWS = [
    Row(f"{verb}_news", "`news`", brings(news, "subscribe_news", "*"))
    for verb in ("subscribe", "unsubscribe")
] + [
    Row(method, "", stops(news, "subscribe_news", "stop" if method == "run" else method))
    for method in ("run", "stop", "stop_ws", "close")
]
UPDATES = [Row("subscribe_trade_updates", "`trade_updates`", updates)] + [
    Row(method, "", ends("stop" if method == "run" else method))
    for method in ("run", "stop", "stop_ws", "close")
]
