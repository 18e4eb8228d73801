/** Orders as they flow, the newest change first. */
import { badge, trouble } from "./act.js";
import { get, query } from "./api.js";
import { h, keyed, put } from "./dom.js";
import { poked, watch } from "./live.js";
import { ago, clock, t, word } from "./words.js";

const EVERY_MS = 5_000;
const PAGE = 500;
const SHOWN = 100;
// Looking for late ones ends here; some megabytes.
const LATE_PAGES_MAX = 10;
const PERIODS = { 900: "orders.quarter", 3600: "orders.hour", 86400: "orders.day", 0: "orders.open" };
const STATES = ["", "received", "held", "accepted", "in_fulfilment", "partially_shipped", "shipped", "delivered", "cancelled"];

const TONES = {
  received: "plain", held: "bad", accepted: "busy", in_fulfilment: "busy", partially_shipped: "busy", shipped: "good", delivered: "good", closed: "plain", cancelled: "plain",
  proposed: "plain", requested: "warn", picking: "busy", picked: "busy", short_picked: "warn", packed: "busy", ready_for_pickup: "good", collected: "good", rejected: "bad", timed_out: "bad", on_hold: "bad",
};
export const stateBadge = (state) => badge(word("state", state), TONES[state] ?? "plain");

/** Whether the buyer should have it already. */
const OVER = ["shipped", "delivered", "closed", "cancelled"];
export const isLate = ({ promise_by, state }) => Boolean(promise_by) && !OVER.includes(state) && Date.parse(promise_by) < Date.now();

export const units = ({ lines }) => lines.filter((line) => line.stock !== false).reduce((all, line) => all + line.ordered, 0);

export function show(main, { stay, parameters }) {
  const late = parameters.get("late") === "true";
  const wanted = { late: late || undefined, state: parameters.get("state") ?? "", since: parameters.get("since") ?? (parameters.get("state") || late ? "0" : "3600") };
  const go = () => { location.hash = query("#/orders", wanted); };
  const state = h("select", { id: "state", onchange: () => { wanted.state = state.value; go(); } },
    STATES.map((name) => h("option", { value: name, selected: name === wanted.state }, name ? word("state", name) : t("orders.any"))));
  const since = h("select", { id: "since", onchange: () => { wanted.since = since.value; go(); } },
    Object.entries(PERIODS).map(([seconds, words]) => h("option", { value: seconds, selected: seconds === wanted.since }, t(words))));
  const number = h("input", { id: "number", type: "search", autocomplete: "off", spellcheck: "false", maxlength: 128 });
  const errors = h("div", { role: "alert" });
  const told = h("p", { class: "soft" });
  const rows = h("tbody");
  put(main,
    h("header", { class: "head" }, h("h1", { tabindex: "-1" }, t(late ? "tile.late" : "nav.orders"))),
    h("form", { class: "tools", onsubmit: (event) => { event.preventDefault(); if (number.value.trim()) location.hash = `#/order/${encodeURIComponent(number.value.trim())}`; } },
      h("div", { class: "field grow" }, h("label", { for: "number" }, t("orders.number")), number),
      h("div", { class: "field" }, h("label", { for: "state" }, t("orders.state")), state),
      h("div", { class: "field" }, h("label", { for: "since" }, t("orders.changed")), since)),
    errors,
    h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("nav.orders") },
      h("table", { class: "orders" }, h("thead", {}, h("tr", {},
        ["order", "channel", "orders.state"].map((label) => h("th", { scope: "col", class: label === "channel" ? "side" : undefined }, t(label))),
        h("th", { scope: "col", class: "figure" }, t("units")),
        ["orders.from", "orders.updated"].map((label) => h("th", { scope: "col", class: "side" }, t(label))))), rows))),
    told);
  const refresh = stay.every(EVERY_MS, async () => {
    const updated_since = wanted.since === "0" ? undefined : new Date(Date.now() - 1_000 * wanted.since).toISOString();
    try {
      const page = await read({ state: wanted.state, updated_since, limit: PAGE }, late, stay);
      put(errors);
      const newest = page.orders.toSorted((one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at));
      keyed(rows, newest.slice(0, SHOWN), (order) => order.id, row);
      const many = page.next || newest.length > SHOWN;
      told.textContent = newest.length === 0 ? t("orders.none") : many ? t("orders.many", { n: SHOWN }) : t("orders.count", { n: newest.length });
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
  poked(stay, "orders", refresh);
  stay.ends(watch((standing) => standing === "live" && refresh()));
}

/** A page of orders; of the late ones, which the daemon does not list by themselves, those of many pages. */
async function read(parameters, late, stay) {
  let page = await get(query("v1/orders", parameters), { signal: stay.signal });
  if (!late) return page;
  const orders = page.orders.filter(isLate);
  for (let pages = 1; page.next && orders.length < SHOWN && pages < LATE_PAGES_MAX; pages++) {
    page = await get(query("v1/orders", { ...parameters, after: page.next }), { signal: stay.signal });
    orders.push(...page.orders.filter(isLate));
  }
  return { orders, next: page.next };
}

function row(order) {
  const places = [...new Set(order.fulfilments.map((part) => part.warehouse))].join(", ");
  return h("tr", {},
    h("th", { scope: "row" }, h("a", { href: `#/order/${encodeURIComponent(order.id)}`, "data-act": "open" }, order.order)),
    h("td", { class: "side" }, order.channel),
    h("td", {}, stateBadge(order.state), isLate(order) && badge(t("orders.late"), "bad"), order.hold && h("small", {}, word("reason", order.hold.reason))),
    h("td", { class: "figure" }, String(units(order))),
    h("td", { class: "side" }, places || h("span", { class: "soft" }, t("orders.nowhere"))),
    h("td", { class: "side" }, h("time", { datetime: order.updated_at, title: clock(order.updated_at, true), "data-ago": "" }, ago(order.updated_at))));
}
