// A second client that we did not write, Alpaca's TypeScript SDK, against an emulator: it places,
// replaces and cancels, and calls what alpaca-py has no method for. Plain, then under TLS.
//
// usage: node second_client.mjs ST0CK      exits 1 when a call fails
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ABSENT = ["endpoint not found", "method not allowed"];
const FLAGS = ["--speed", "60", "--start", "now", "--no-rate-limit", "--seed", "7"];

/** The calls, in an order in which each finds what it needs. */
function rows(sdk, ready) {
  const { trading, streaming } = sdk;
  const config = new trading.Configuration({
    keyId: ready.key, secret: ready.secret, basePath: ready.rest,
  });
  const orders = new trading.OrdersApi(config);
  const limit = (limitPrice) => ({
    symbol: "SPY", qty: "1", side: "buy", type: "limit", limitPrice, timeInForce: "day",
  });
  const status = async (orderId) => (await orders.getOrderByOrderID({ orderId })).status;
  const becomes = async (orderId, wanted) => {
    for (let tries = 0; tries < 200; tries++) {
      if ((await status(orderId)) === wanted) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`order is ${await status(orderId)}, not ${wanted}`);
  };
  let order;
  return {
    "OrdersApi.postOrder": async () => {
      order = await orders.postOrder({ postOrderRequest: limit("300") });
      await becomes(order.id, "new");
    },
    "OrdersApi.patchOrderByOrderId": async () => {
      const patch = { qty: "2", limitPrice: "301" };
      const old = order.id;
      order = await orders.patchOrderByOrderId({ orderId: old, patchOrderRequest: patch });
      if (order.replaces !== old) throw new Error(`replaces ${order.replaces}`);
      await becomes(order.id, "new");
      await becomes(old, "replaced");
    },
    "OrdersApi.deleteOrderByOrderID": async () => {
      await orders.deleteOrderByOrderID({ orderId: order.id });
      await becomes(order.id, "canceled");
    },
    "TradingStream.onTradeUpdate": async () => {
      const stream = new streaming.TradingStream({
        credentials: { keyId: ready.key, secret: ready.secret }, url: `${ready.stream}/stream`,
      });
      const filled = new Promise((done, fail) => {
        setTimeout(() => fail(new Error("no fill in 20 s")), 20_000).unref();
        stream.onTradeUpdate((update) => update.event === "fill" && done());
      });
      stream.subscribeTradeUpdates();
      stream.connect();
      await new Promise((done) => setTimeout(done, 700)); // it does not tell when it listens
      const market = { symbol: "SPY", qty: "1", side: "buy", type: "market", timeInForce: "day" };
      await orders.postOrder({ postOrderRequest: market });
      await filled;
    },
    "ClockApi.clock": async () => {
      const { clocks } = await new trading.ClockApi(config).clock({ markets: "NYSE,OPRA" });
      if (clocks.length !== 2 || clocks[0].phase !== "core") throw new Error(JSON.stringify(clocks));
    },
    "CalendarApi.calendar": async () => {
      const day = new Date("2020-12-15");
      const asked = { market: "NYSE", start: day, end: day };
      const { calendar } = await new trading.CalendarApi(config).calendar(asked);
      if (calendar.length !== 1 || !calendar[0].coreStart) throw new Error(JSON.stringify(calendar));
    },
    "AccountActivitiesApi.getAccountActivities": async () => {
      const found = await new trading.AccountActivitiesApi(config).getAccountActivities();
      if (found.length < 1) throw new Error("the fill is not there");
    },
  };
}

/** Runs the rows; how many failed. */
async function drive(ready) {
  const sdk = await import("@alpacahq/alpaca-trade-api");
  const transport = ready.ca ? "tls" : "plain";
  let failed = 0;
  for (const [name, call] of Object.entries(rows(sdk, ready))) {
    let verdict = "works";
    try {
      await call();
    } catch (error) {
      const said = `${error.message} ${JSON.stringify(error.body ?? error.details ?? "")}`;
      const absent = ABSENT.some((words) => said.includes(words)) || error.status === 405;
      verdict = absent ? "not emulated" : `FAILS: ${said}`;
      failed += absent ? 0 : 1;
    }
    console.log(`${transport.padEnd(5)} ${name}: ${verdict}`);
  }
  return failed;
}

/** One emulator, and this script once more, for what node trusts is settled when it starts. */
async function session(st0ck, tls) {
  const flags = ["emulate", "alpaca", ...FLAGS, ...(tls ? ["--tls"] : [])];
  const emulator = spawn(st0ck, flags, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: emulator.stdout }), "line");
  const { ca } = JSON.parse(line);
  const env = { ...process.env, READY: line, ...(ca && { NODE_EXTRA_CA_CERTS: ca }) };
  const here = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [here], { stdio: "inherit", env });
  const [status] = await once(child, "exit");
  emulator.kill();
  await once(emulator, "exit");
  return status === 0;
}

if (process.env.READY) {
  process.exit((await drive(JSON.parse(process.env.READY))) ? 1 : 0);
}
if (process.argv.length !== 3) {
  console.error("usage: node second_client.mjs ST0CK");
  process.exit(2);
}
const fine = [await session(process.argv[2], false), await session(process.argv[2], true)];
process.exit(fine.every(Boolean) ? 0 : 1);
