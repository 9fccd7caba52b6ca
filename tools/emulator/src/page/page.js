// Asks twice a second how things stand and shows it. Text only: nothing of it is ever markup.
"use strict";
const TAPE = 50;
const tape = [];
const last = {};

function show(id, columns, rows, mark) {
  const table = document.getElementById(id);
  const cell = (kind, text) => {
    const made = document.createElement(kind);
    made.textContent = text === null || text === undefined ? "" : String(text);
    return made;
  };
  const line = (cells, name) => {
    const made = document.createElement("tr");
    made.append(...cells);
    if (name) made.className = name;
    return made;
  };
  if (rows.length === 0) {
    const none = cell("td", "none");
    none.className = "none";
    table.replaceChildren(line([none]));
    return;
  }
  const head = line(columns.map((name) => cell("th", name.replaceAll("_", " "))));
  const body = rows.map((row) =>
    line(columns.map((name) => cell("td", row[name])), mark && mark(row) ? "on" : ""));
  table.replaceChildren(head, ...body);
}

function follow(at, market) {
  for (const now of market) {
    const before = last[now.symbol];
    if (!before || ["bid", "ask", "last"].some((key) => before[key] !== now[key])) {
      tape.unshift({ at, ...now });
    }
    last[now.symbol] = now;
  }
  tape.length = Math.min(tape.length, TAPE);
}

async function turn() {
  try {
    const reply = await fetch("/emulator/state");
    const state = await reply.json();
    const { at, phase, market_is_open } = state.session;
    document.getElementById("session").textContent =
      `${at} · ${phase} · market ${market_is_open ? "open" : "closed"}`;
    follow(at, state.market);
    show("accounts", ["account", "number", "equity", "cash", "buying_power"], state.accounts);
    show("market", ["symbol", "bid", "ask", "last"], state.market);
    show("positions", ["account", "symbol", "qty", "value"], state.positions);
    show("faults", ["name", "kind", "on", "active", "hits"], state.faults, (row) => row.active);
    show("orders", ["account", "updated_at", "client_order_id", "symbol", "side", "type", "qty",
      "filled_qty", "status"], state.orders);
    show("tape", ["at", "symbol", "bid", "ask", "last"], tape);
  } catch (error) {
    document.getElementById("session").textContent = "the emulator does not answer";
  }
  setTimeout(turn, 500);
}
turn();
