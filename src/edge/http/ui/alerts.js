/** What somebody should look at. */
import { badge, trouble } from "./act.js";
import { get, query } from "./api.js";
import { h, keyed, put } from "./dom.js";
import { poked } from "./live.js";
import { ago, clock, count, t, word } from "./words.js";

const EVERY_MS = 10_000;
const SHOWN = 200;

/** Kinds in which somebody lost something, or will. */
const BAD = ["oversold", "negative_stock", "shortage", "payment_without_stock", "tail_lost", "order_late", "delivery_exception"];
const GOOD = ["back_in_stock", "shortage_ended"];
export const KINDS = [
  "oversold", "payment_without_stock", "order_late", "delivery_exception", "shortage", "shortage_ended", "negative_stock",
  "sold_out", "low_stock", "back_in_stock", "overstock", "unknown_sku", "inbound_late", "refund_due_soon", "tail_lost",
];

const tone = (kind) => (BAD.includes(kind) ? "bad" : GOOD.includes(kind) ? "good" : "warn");

/** One of them, as a list's item. */
export function row(item) {
  const where = item.warehouse ?? item.channel;
  const about = [
    item.sku && h("a", { href: `#/sku/${encodeURIComponent(item.sku)}`, "data-act": "sku" }, item.sku),
    item.document && h("a", { href: `#/order/${encodeURIComponent(item.document)}`, "data-act": "order" }, item.order ?? item.document),
  ];
  return h("li", { class: "alert" },
    badge(word("alert", item.alert), tone(item.alert)),
    h("span", { class: "alert-what" }, about, where && h("span", { class: "soft" }, where),
      item.crossed && h("span", { class: "soft" }, t("alerts.crossed", { figure: count(item.crossed.figure), limit: count(item.crossed.limit) })),
      item.reason && h("span", { class: "soft" }, word("reason", item.reason))),
    h("time", { class: "soft", datetime: item.at, title: clock(item.at, true), "data-ago": "" }, ago(item.at)));
}

export function show(main, { stay, parameters }) {
  const wanted = KINDS.includes(parameters.get("alert")) ? parameters.get("alert") : "";
  const kinds = [["", t("alerts.all")], ...KINDS.map((kind) => [kind, word("alert", kind)])];
  const select = h("select", { id: "kind", onchange: () => { location.hash = query("#/alerts", { alert: select.value }); } },
    kinds.map(([kind, words]) => h("option", { value: kind, selected: kind === wanted }, words)));
  const errors = h("div", { role: "alert" });
  const list = h("ul", { class: "rows" });
  const none = h("p", { class: "soft" });
  put(main,
    h("header", { class: "head" }, h("h1", { tabindex: "-1" }, t("nav.alerts"))),
    h("div", { class: "tools" }, h("div", { class: "field" }, h("label", { for: "kind" }, t("alerts.kind")), select)),
    errors, h("section", { class: "card" }, list, none));
  const refresh = stay.every(EVERY_MS, async () => {
    try {
      const { items } = await get(query("v1/alerts", { alert: wanted, limit: SHOWN }), { signal: stay.signal });
      put(errors);
      keyed(list, items, JSON.stringify, row);
      none.textContent = items.length === 0 ? t("alerts.none") : "";
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
  poked(stay, "alerts", refresh);
}
