"""Every method of alpaca-py's TradingClient, in an order in which each finds what it needs."""

import datetime as dt
import time
import uuid

from alpaca.trading import requests as ask
from alpaca.trading.client import TradingClient

from coverage import CAP_S, Row

DAY = dt.date(2020, 12, 15)


class Context:
    """A client and what earlier rows left."""

    def __init__(self, ready):
        self.announcement = uuid.UUID(int=1)
        self.client = TradingClient(ready["key"], ready["secret"], url_override=ready["rest"])

    def final(self, order, *wanted):
        """Waits until an order has one of these states."""
        end = time.monotonic() + CAP_S
        while time.monotonic() < end:
            order = self.client.get_order_by_id(order.id)
            if order.status.value in wanted:
                return order
            time.sleep(0.05)
        raise AssertionError(f"order is {order.status} and not {wanted}")

    def submit(self, request, *wanted):
        order = self.client.submit_order(request)
        return self.final(order, *wanted)


def market(**but):
    return ask.MarketOrderRequest(**dict(symbol="SPY", qty=2, side="buy", time_in_force="day") | but)


def far_below(**but):
    terms = dict(symbol="SPY", qty=1, side="buy", time_in_force="day", limit_price=300)
    return ask.LimitOrderRequest(**terms | but)


def resting(context, request, *states):
    """An order that rests, and is taken back."""
    order = context.submit(request, *(states or ("new", "accepted")))
    context.client.cancel_order_by_id(order.id)
    context.final(order, "canceled")
    return order


def buy(context):
    order = context.submit(market(), "filled")
    assert float(order.filled_qty) == 2, order


def stop(context):
    resting(context, ask.StopOrderRequest(
        symbol="SPY", qty=1, side="sell", time_in_force="day", stop_price=300))


def stop_limit(context):
    resting(context, ask.StopLimitOrderRequest(
        symbol="SPY", qty=1, side="sell", time_in_force="day", stop_price=300, limit_price=299))


def trailing(context):
    order = resting(context, ask.TrailingStopOrderRequest(
        symbol="SPY", qty=1, side="sell", time_in_force="day", trail_percent=5))
    assert float(order.trail_percent) == 5 and order.hwm, order


def bracket(context):
    legs = dict(take_profit=ask.TakeProfitRequest(limit_price=400),
                stop_loss=ask.StopLossRequest(stop_price=200))
    order = context.client.submit_order(far_below(order_class="bracket", **legs))
    assert len(order.legs) == 2, order
    context.client.cancel_order_by_id(order.id)
    context.final(order, "canceled")


def oto(context):
    order = context.client.submit_order(
        far_below(order_class="oto", take_profit=ask.TakeProfitRequest(limit_price=400)))
    assert len(order.legs) == 1, order
    context.client.cancel_order_by_id(order.id)
    context.final(order, "canceled")


def oco(context):
    order = context.client.submit_order(ask.LimitOrderRequest(
        symbol="SPY", qty=1, side="sell", time_in_force="day", order_class="oco", limit_price=400,
        take_profit=ask.TakeProfitRequest(limit_price=400),
        stop_loss=ask.StopLossRequest(stop_price=200)))
    context.client.cancel_order_by_id(order.id)
    context.final(order, "canceled")


def immediate(word):
    def call(context):
        context.submit(far_below(time_in_force=word), "canceled")
    return call


def notional(context):
    order = context.submit(market(qty=None, notional=100.5), "filled")
    assert 0 < float(order.filled_qty) < 1, order


def fraction(context):
    order = context.submit(market(qty=0.25), "filled")
    assert float(order.filled_qty) == 0.25, order


def extended(context):
    resting(context, far_below(extended_hours=True))


def listing(context):
    order = context.client.submit_order(far_below(client_order_id="listed"))
    context.final(order, "new")
    found = context.client.get_orders(ask.GetOrdersRequest(
        status="open", nested=True, symbols=["SPY", "QQQ"], limit=10, after=dt.datetime(2020, 12, 1)))
    assert order.id in [item.id for item in found], found
    context.order = order


def replace(context):
    new = context.client.replace_order_by_id(
        context.order.id, ask.ReplaceOrderRequest(qty=2, limit_price=301))
    assert new.replaces == context.order.id, new
    context.final(new, "new")
    context.final(context.order, "replaced")
    context.order = new


def cancel(context):
    order = context.client.submit_order(far_below())
    context.final(order, "new")
    context.client.cancel_order_by_id(order.id)
    context.final(order, "canceled")


def cancel_all(context):
    order = context.submit(far_below(), "new")
    assert order.id in [item.id for item in context.client.cancel_orders()]
    context.final(order, "canceled")


def holding(context):
    assert context.client.get_open_position("SPY").symbol == "SPY"


def close_some(context):
    order = context.client.close_position("SPY", ask.ClosePositionRequest(qty="1"))
    context.final(order, "filled")
    # Orders of earlier rows may fill meanwhile, so the position says nothing of this one.
    sold = context.client.get_order_by_id(order.id)
    assert (sold.side, float(sold.filled_qty)) == ("sell", 1), sold


def close_all(context):
    replies = context.client.close_all_positions(cancel_orders=True)
    assert [reply.symbol for reply in replies] == ["SPY"], replies
    end = time.monotonic() + CAP_S
    while context.client.get_all_positions():
        assert time.monotonic() < end, "positions do not close"
        time.sleep(0.05)


def configure(context):
    settings = context.client.get_account_configurations()
    settings.no_shorting = True
    assert context.client.set_account_configurations(settings).no_shorting
    settings.no_shorting = False
    assert not context.client.set_account_configurations(settings).no_shorting


def history(context):
    told = context.client.get_portfolio_history(
        ask.GetPortfolioHistoryRequest(period="1D", timeframe="1Min"))
    assert len(told.equity) == len(told.timestamp) > 0, told


def asset_list(context):
    found = context.client.get_all_assets(
        ask.GetAssetsRequest(status="active", asset_class="us_equity"))
    assert [asset.symbol for asset in found] == ["SPY"]


def make_list(context):
    context.list = context.client.create_watchlist(
        ask.CreateWatchlistRequest(name="mine", symbols=["SPY"]))
    assert context.list.assets[0].symbol == "SPY"


def rename_list(context):
    terms = ask.UpdateWatchlistRequest(name="yours", symbols=[])
    assert context.client.update_watchlist_by_id(context.list.id, terms).name == "yours"


def add_to_list(context):
    found = context.client.add_asset_to_watchlist_by_id(context.list.id, "SPY")
    assert found.assets[0].symbol == "SPY"


def take_from_list(context):
    assert not context.client.remove_asset_from_watchlist_by_id(context.list.id, "SPY").assets


def calendar(context):
    days = context.client.get_calendar(ask.GetCalendarRequest(start=DAY, end=DAY))
    assert [day.date for day in days] == [DAY]


def announcements(context):
    found = context.client.get_corporate_announcements(ask.GetCorporateAnnouncementsRequest(
        ca_types=["dividend"], since=dt.date(2020, 12, 1), until=dt.date(2020, 12, 31)))
    context.announcement = found[0].id


CONTRACT = "SPY260918P00590000"
ORDERS, ORDER = "`POST /v2/orders`", "`/v2/orders/{order_id}`"
LIST = "`/v2/watchlists/{watchlist_id}`"

ROWS = [
    Row("get_account", "`GET /v2/account`", lambda c: c.client.get_account()),
    Row("get_account_configurations", "`GET /v2/account/configurations`",
        lambda c: c.client.get_account_configurations()),
    Row("set_account_configurations", "`PATCH /v2/account/configurations`", configure),
    Row("get_clock", "`GET /v2/clock`", lambda c: c.client.get_clock()),
    Row("get_calendar", "`GET /v2/calendar`", calendar),
    Row("get_all_assets", "`GET /v2/assets`", asset_list),
    Row("get_asset", "`GET /v2/assets/{symbol_or_asset_id}`", lambda c: c.client.get_asset("SPY")),
    Row("submit_order", ORDERS, buy, "market"),
    Row("submit_order", ORDERS, lambda c: resting(c, far_below()), "limit"),
    Row("submit_order", ORDERS, lambda c: resting(c, far_below(time_in_force="gtc")), "limit gtc"),
    Row("submit_order", ORDERS, immediate("ioc"), "limit ioc"),
    Row("submit_order", ORDERS, immediate("fok"), "limit fok"),
    Row("submit_order", ORDERS, lambda c: resting(c, far_below(time_in_force="cls")), "limit cls"),
    Row("submit_order", ORDERS, extended, "extended hours"),
    Row("submit_order", ORDERS, stop, "stop"),
    Row("submit_order", ORDERS, stop_limit, "stop limit"),
    Row("submit_order", ORDERS, trailing, "trailing stop"),
    Row("submit_order", ORDERS, notional, "notional"),
    Row("submit_order", ORDERS, fraction, "fraction"),
    Row("submit_order", ORDERS, oco, "oco"),
    Row("submit_order", ORDERS, lambda c: c.client.submit_order(market(qty=10_000)), "too much",
        refusal=(403, 40310000, "insufficient buying power")),
    Row("get_orders", "`GET /v2/orders`", listing),
    Row("get_order_by_id", f"`GET` {ORDER}", lambda c: c.client.get_order_by_id(
        c.order.id, ask.GetOrderByIdRequest(nested=True))),
    Row("get_order_by_client_id", "`GET /v2/orders:by_client_order_id`",
        lambda c: c.client.get_order_by_client_id("listed")),
    Row("replace_order_by_id", f"`PATCH` {ORDER}", replace),
    Row("cancel_order_by_id", f"`DELETE` {ORDER}", cancel),
    Row("cancel_orders", "`DELETE /v2/orders`", cancel_all),
    Row("get_all_positions", "`GET /v2/positions`", lambda c: c.client.get_all_positions()[0]),
    Row("get_open_position", "`GET /v2/positions/{symbol}`", holding),
    Row("get_portfolio_history", "`GET /v2/account/portfolio/history`", history),
    Row("close_position", "`DELETE /v2/positions/{symbol}`", close_some),
    Row("close_all_positions", "`DELETE /v2/positions`", close_all),
    Row("submit_order", ORDERS, bracket, "bracket"),
    Row("submit_order", ORDERS, oto, "oto"),
    Row("exercise_options_position", "`POST /v2/positions/{symbol}/exercise`",
        lambda c: c.client.exercise_options_position(CONTRACT),
        refusal=(404, 40410000, f"long position not found: {CONTRACT}")),
    Row("create_watchlist", "`POST /v2/watchlists`", make_list),
    Row("get_watchlists", "`GET /v2/watchlists`", lambda c: c.client.get_watchlists()[0]),
    Row("get_watchlist_by_id", f"`GET` {LIST}",
        lambda c: c.client.get_watchlist_by_id(c.list.id).assets[0]),
    Row("update_watchlist_by_id", f"`PUT` {LIST}", rename_list),
    Row("add_asset_to_watchlist_by_id", f"`POST` {LIST}", add_to_list),
    Row("remove_asset_from_watchlist_by_id", f"`DELETE` {LIST}`/{{symbol}}`", take_from_list),
    Row("delete_watchlist_by_id", f"`DELETE` {LIST}",
        lambda c: c.client.delete_watchlist_by_id(c.list.id)),
    Row("get_corporate_announcements", "`GET /v2/corporate_actions/announcements`", announcements),
    Row("get_corporate_announcement_by_id", "`GET /v2/corporate_actions/announcements/{id}`",
        lambda c: c.client.get_corporate_announcement_by_id(c.announcement)),
    Row("get_option_contracts", "`GET /v2/options/contracts`",
        lambda c: c.client.get_option_contracts(
            ask.GetOptionContractsRequest(underlying_symbols=["SPY"])),
        absent="options: the list is empty"),
    Row("get_option_contract", "`GET /v2/options/contracts/{symbol}`",
        lambda c: c.client.get_option_contract(CONTRACT),
        refusal=(404, 40410000, f"option contract {CONTRACT} not found")),
]
