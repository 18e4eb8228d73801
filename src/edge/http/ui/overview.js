/** The first screen: five figures in plain words, and what stands out. */
import { row as alertRow } from "./alerts.js";
import { trouble } from "./act.js";
import { get } from "./api.js";
import { h, keyed, put, say, write } from "./dom.js";
import { watch } from "./live.js";
import { clock, count, span, t, word } from "./words.js";

const EVERY_MS = 2_000;
const ALERTS = 6;

const STATES = ["received", "held", "accepted", "in_fulfilment", "partially_shipped", "shipped"];

/** News older than this is worth a second look, and than that, somebody's. */
const OLD_S = 15 * 60;
const VERY_OLD_S = 60 * 60;

const TILES = [
  { id: "sold", to: "#/orders", read: ({ sold_today }) => ({
    figure: `${sold_today.complete ? "" : "≥ "}${count(sold_today.units)}`, tone: "plain",
    words: t("tile.sold.words", { n: sold_today.orders }),
  }) },
  { id: "oversold", to: "#/alerts?alert=oversold", read: ({ oversold }) => ({
    figure: count(oversold.today), tone: oversold.today > 0 || oversold.open > 0 ? "bad" : "good",
    words: oversold.open > 0 ? t("tile.oversold.open", { n: oversold.open }) : t(oversold.today > 0 ? "tile.oversold.some" : "tile.oversold.none"),
  }) },
  { id: "out", to: "#/stock?state=sold_out", read: ({ sold_out }) => ({
    figure: count(sold_out.skus), tone: sold_out.skus > 0 ? "warn" : "good",
    words: t("tile.out.words", { n: sold_out.low }),
  }) },
  { id: "late", to: "#/orders?late=true", read: ({ orders_late }) => ({
    figure: count(orders_late), tone: orders_late > 0 ? "bad" : "good",
    words: t(orders_late > 0 ? "tile.late.some" : "tile.late.none"),
  }) },
  { id: "news", to: "#/health", read: ({ oldest_news: news }) => ({
    figure: news ? span(news.age_s) : "–",
    tone: !news || news.age_s < OLD_S ? "good" : news.age_s < VERY_OLD_S ? "warn" : "bad",
    words: news ? t("tile.news.words", { kind: word("news", news.kind), name: news.name ?? "" }).trim() : t("tile.news.none"),
  }) },
];

export function show(main, { stay }) {
  const tiles = TILES.map((tile) => {
    const parts = { figure: h("span", { class: "tile-figure" }, "–"), words: h("span", { class: "tile-words" }) };
    const name = h("span", { class: "tile-name" }, t(`tile.${tile.id}`));
    const link = h("a", { class: "tile plain", href: tile.to, id: `tile-${tile.id}` }, name, parts.figure, parts.words);
    return { ...tile, ...parts, link };
  });
  const as_of = h("p", { class: "soft" });
  const errors = h("div", { role: "alert" });
  const channels = h("div", { class: "bars" });
  const states = h("div", { class: "bars" });
  const alerts = h("ul", { class: "rows" });
  put(main,
    h("header", { class: "head" }, h("h1", { tabindex: "-1" }, t("nav.overview")), as_of),
    errors,
    h("section", { class: "tiles", "aria-label": t("overview.tiles") }, tiles.map((tile) => tile.link)),
    h("div", { class: "columns" },
      h("section", { class: "card" }, h("h2", {}, t("overview.sold")), channels),
      h("section", { class: "card" }, h("h2", {}, t("overview.orders")), states),
      h("section", { class: "card wide" },
        h("header", { class: "head" }, h("h2", {}, t("overview.look")), h("a", { href: "#/alerts" }, t("overview.all"))), alerts)));

  const draw = (told) => {
    for (const tile of tiles) {
      const { figure, tone, words } = tile.read(told);
      tile.link.className = `tile ${tone}`;
      const changed = write(tile.figure, figure);
      write(tile.words, words);
      if (changed && tile.id === "oversold" && tone === "bad") say(`${t("tile.oversold")}: ${figure}`, true);
    }
    write(as_of, t("overview.as_of", { time: clock(told.as_of, true) }));
    bars(channels, told.sold_today.channels.map((one) => [one.channel, one.channel, one.units]), t("overview.nothing"));
    const open = STATES.filter((state) => told.orders_by_state[state] > 0);
    const rest = Object.keys(told.orders_by_state).filter((state) => !STATES.includes(state) && told.orders_by_state[state] > 0);
    bars(states, [...open, ...rest].map((state) => [state, word("state", state), told.orders_by_state[state], `#/orders?state=${state}`]), t("overview.no_orders"));
  };
  const refresh = stay.every(EVERY_MS, async () => {
    try {
      const [told, list] = await Promise.all([
        get("v1/overview", { signal: stay.signal }),
        get(`v1/alerts?limit=${ALERTS}`, { signal: stay.signal }),
      ]);
      put(errors);
      draw(told);
      keyed(alerts, list.items, JSON.stringify, alertRow);
      if (list.items.length === 0) put(alerts, h("li", { class: "soft", "data-key": "none" }, t("alerts.none")));
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
  stay.ends(watch((state) => state === "live" && refresh()));
}

/** Figures side by side as lengths, the largest whole. */
function bars(place, rows, none) {
  const most = Math.max(1, ...rows.map(([, , units]) => units));
  keyed(place, rows.map((row) => ({ row, most })), ({ row: [key] }) => key, ({ row: [, name, units, to] }) => {
    const bar = h("span", { class: "bar", "aria-hidden": "true" }, h("span"));
    bar.firstChild.style.inlineSize = `${(100 * units) / most}%`;
    return h("div", { class: "bar-row" }, to ? h("a", { href: to, "data-act": "open" }, name) : h("span", { class: "bar-name" }, name), bar, h("span", { class: "figure" }, count(units)));
  });
  if (rows.length === 0) put(place, h("p", { class: "soft", "data-key": "none" }, none));
}
