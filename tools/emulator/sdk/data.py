"""Every method of alpaca-py's clients of historical data."""

import datetime as dt
import time

from alpaca.data import requests as ask
from alpaca.data.historical import NewsClient, ScreenerClient, StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient

from coverage import Row

OPEN = dt.datetime(2020, 12, 15, 14, 30)  # UTC, as the SDK reads times without a zone
NIGHT = dt.datetime(2020, 12, 15, 5)
HAPPENED = dt.datetime(2020, 12, 15, 14, 36, tzinfo=dt.timezone.utc)
DECEMBER = dt.date(2020, 12, 1), dt.date(2020, 12, 31)


class Context:
    """One client of each kind."""

    def __init__(self, ready):
        keys = dict(api_key=ready["key"], secret_key=ready["secret"], url_override=ready["data"])
        self.stocks = StockHistoricalDataClient(**keys)
        self.news, self.screener = NewsClient(**keys), ScreenerClient(**keys)
        self.actions = CorporateActionsClient(**keys)
        trading = TradingClient(**keys)
        while trading.get_clock().timestamp < HAPPENED:
            time.sleep(0.1)  # the session has to have bars before it is asked for them


def bars(context):
    for frame in (TimeFrame.Minute, TimeFrame(5, TimeFrameUnit.Minute), TimeFrame.Hour, TimeFrame.Day):
        told = context.stocks.get_stock_bars(ask.StockBarsRequest(
            symbol_or_symbols=["SPY", "NONE"], timeframe=frame, start=NIGHT))
        assert told["SPY"][0].high >= told["SPY"][0].low > 0, frame


def quotes(context):
    told = context.stocks.get_stock_quotes(ask.StockQuotesRequest(
        symbol_or_symbols="SPY", start=OPEN, limit=5))
    assert len(told["SPY"]) == 5 and told["SPY"][0].ask_price >= told["SPY"][0].bid_price


def trades(context):
    told = context.stocks.get_stock_trades(ask.StockTradesRequest(
        symbol_or_symbols="SPY", start=OPEN, limit=5))
    assert len(told["SPY"]) == 5 and told["SPY"][0].price > 0


def latest(method, request):
    def call(context):
        assert getattr(context.stocks, method)(request(symbol_or_symbols="SPY"))["SPY"].timestamp
    return call


def snapshot(context):
    told = context.stocks.get_stock_snapshot(ask.StockSnapshotRequest(symbol_or_symbols=["SPY"]))
    assert told["SPY"].latest_quote.ask_price > 0


def news(context):
    context.news.get_news(ask.NewsRequest(symbols="SPY", limit=3))


def actions(context):
    told = context.actions.get_corporate_actions(ask.CorporateActionsRequest(
        symbols=["SPY"], start=DECEMBER[0], end=DECEMBER[1]))
    assert told.data, told


STOCKS = [
    Row("get_stock_bars", "`GET /v2/stocks/bars`", bars),
    Row("get_stock_quotes", "`GET /v2/stocks/quotes`", quotes),
    Row("get_stock_trades", "`GET /v2/stocks/trades`", trades),
    Row("get_stock_latest_bar", "`GET /v2/stocks/bars/latest`",
        latest("get_stock_latest_bar", ask.StockLatestBarRequest)),
    Row("get_stock_latest_quote", "`GET /v2/stocks/quotes/latest`",
        latest("get_stock_latest_quote", ask.StockLatestQuoteRequest)),
    Row("get_stock_latest_trade", "`GET /v2/stocks/trades/latest`",
        latest("get_stock_latest_trade", ask.StockLatestTradeRequest)),
    Row("get_stock_snapshot", "`GET /v2/stocks/snapshots`", snapshot),
]
NEWS = [Row("get_news", "`GET /v1beta1/news`", news)]
ACTIONS = [Row("get_corporate_actions", "`GET /v1/corporate-actions`", actions)]
SCREENER = [
    Row("get_most_actives", "`GET /v1beta1/screener/stocks/most-actives`",
        lambda c: c.screener.get_most_actives(ask.MostActivesRequest()).most_actives[0]),
    Row("get_market_movers", "`GET /v1beta1/screener/stocks/movers`",
        lambda c: c.screener.get_market_movers(ask.MarketMoversRequest())),
]
