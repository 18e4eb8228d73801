/** One SKU: its figures everywhere, and why they are what they are, as a picture and a list. */
import { ask, badge, figure, trouble } from "./act.js";
import { find, get, now_ms, query } from "./api.js";
import { chart } from "./chart.js";
import { calmly, h, keyed, put, write } from "./dom.js";
import { change, follow, watch } from "./live.js";
import { free, look, TONES } from "./stock.js";
import { clock, count, signed, span, t, word } from "./words.js";

const EVERY_MS = 10_000;
const PAGE = 100;
const REASONS = ["damaged", "found", "lost", "theft", "sample", "recount", "wrong_booking"];

/** What ends a hold. */
const ENDS = ["reservation_released", "reservation_expired", "stock_allocated", "stock_sold", "stock_shipped"];

/** Figures of the history, which have no safety stock. */
const bare = (figures) => ({ ...figures, safety_stock: 0 });

/** Where the operator is on the phone's floor: the warehouse looked at last. */
let floor;

export function show(main, { stay, name: sku }) {
  const seen = { stock: undefined, item: undefined, warehouse: floor, changes: [], next: undefined, following: "" };
  const title = h("p", { class: "soft" });
  const state = h("span");
  const errors = h("div", { role: "alert" });
  const levels = h("tbody");
  const channels = h("tbody");
  const tabs = h("div", { class: "chips", role: "group", "aria-label": t("sku.where") });
  const why = h("h2", {}, t("sku.why"));
  const picture = h("div", { class: "picture" });
  const changes = h("ol", { class: "rows history" });
  const older = h("button", { class: "button", type: "button", hidden: true, onclick: () => page(seen.next) }, t("sku.older"));
  const said = h("p", { class: "soft" });
  const line = chart(stay, picture, {
    label: t("sku.picture", { sku }),
    series: [{ label: t("level.on_hand"), color: "--soft", stepped: true, dash: true }, { label: t("stock.free"), color: "--accent", stepped: true, fill: true }],
  });
  const button = (words, act, onclick) => h("button", { class: "button", type: "button", "data-act": act, onclick }, words);
  const labels = ["on_hand", "unavailable", "reserved", "allocated", "safety_stock", "waiting", "inbound"];
  put(main,
    h("header", { class: "head" },
      h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/stock" }, t("nav.stock"))), h("h1", { tabindex: "-1", class: "name" }, sku), title),
      state),
    errors,
    h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("stock.warehouses") },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("warehouse")), h("th", { scope: "col", class: "figure" }, t("stock.free")),
        labels.map((label) => h("th", { scope: "col", class: "figure" }, t(`level.${label}`))))), levels))),
    h("section", { class: "card" },
      h("header", { class: "head" }, why, h("div", { class: "buttons" },
        button(t("adjust"), "adjust", () => adjust(sku, seen, load)), button(t("count"), "count", () => recount(sku, seen, load)))),
      tabs, said, picture, changes, older),
    h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("stock.channels") },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("channel")), h("th", { scope: "col" }, t("stock.state")),
        ["available", "published", "acknowledged"].map((label) => h("th", { scope: "col", class: "figure" }, t(`shown.${label}`))))), channels))));

  const draw = () => {
    const { stock } = seen;
    write(title, [stock.title ?? seen.item?.title, seen.item?.gtin].filter(Boolean).join(" · "));
    put(state, look(stock));
    keyed(levels, stock.levels, (level) => level.warehouse, levelRow);
    keyed(channels, stock.channels, (one) => one.channel, channelRow);
    keyed(tabs, stock.levels.map(({ warehouse }) => [warehouse, warehouse === seen.warehouse]), ([id]) => id, ([id, chosen]) =>
      h("button", { class: "chip", type: "button", "data-act": "where", "aria-pressed": String(chosen), onclick: () => { floor = seen.warehouse = id; load(); } }, id));
    const level = stock.levels.find((one) => one.warehouse === seen.warehouse);
    write(why, t("sku.why_is_it", { n: free(level), warehouse: level.warehouse }));
  };
  const drawHistory = () => {
    const ended = new Set(seen.changes.filter(({ fact }) => ENDS.includes(fact)).map(({ reservation }) => reservation));
    const listed = seen.changes.map((one) => ({ ...one, held: one.fact === "stock_reserved" && Boolean(one.reservation) && !ended.has(one.reservation) }));
    keyed(changes, listed, (one) => one.event, (one) => changeRow(one, load));
    older.hidden = !seen.next;
    write(said, t("sku.changes", { n: seen.changes.length }));
    const at = seen.changes.toReversed();
    const points = at.map(({ at: time, after }) => [Date.parse(time) / 1_000, after.on_hand, free(bare(after))]);
    // Until now nothing has changed.
    if (points.length > 0) points.push([Date.now() / 1_000, ...points.at(-1).slice(1)]);
    line([0, 1, 2].map((column) => points.map((point) => point[column])));
  };
  const page = async (before) => {
    const path = query(`v1/stock/${encodeURIComponent(sku)}/history`, { warehouse: seen.warehouse, limit: PAGE, before });
    const told = await get(path, { signal: stay.signal });
    seen.changes = before ? [...seen.changes, ...told.changes] : told.changes;
    seen.next = told.next ?? undefined;
    drawHistory();
  };
  const load = async () => {
    try {
      seen.stock = await get(`v1/stock/${encodeURIComponent(sku)}`, { signal: stay.signal });
      seen.item ??= await find(`v1/items/${encodeURIComponent(sku)}`, { signal: stay.signal }) ?? {};
      const { levels } = seen.stock;
      if (!levels.some((level) => level.warehouse === seen.warehouse)) seen.warehouse = levels[0].warehouse;
      put(errors);
      draw();
      listen();
      await page();
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  };
  let leave = () => {};
  const listen = () => {
    const topics = [...seen.stock.levels.map((one) => `warehouse:${one.warehouse}`), ...seen.stock.channels.map((one) => `channel:${one.channel}`)];
    if (seen.following === topics.join()) return;
    seen.following = topics.join();
    leave();
    leave = follow(stay, topics, [sku], calmly(150, () => stay.over || load()));
  };
  stay.every(EVERY_MS, load);
  stay.ends(watch((state) => state === "live" && load()));
}

function levelRow(level) {
  const { damaged, quality_control, quarantine } = level.unavailable;
  const units = free(level);
  return h("tr", {}, h("th", { scope: "row" }, level.warehouse), figure(units, { class: `figure strong${units < 0 ? " bad" : ""}` }),
    figure(level.on_hand), figure(damaged + quality_control + quarantine, { title: t("level.parts", { damaged, quality_control, quarantine }) }),
    figure(level.reserved), figure(level.allocated), figure(level.safety_stock), figure(level.waiting), figure(level.inbound));
}

function channelRow(one) {
  const behind = one.acknowledged !== null && one.acknowledged !== one.published;
  return h("tr", {}, h("th", { scope: "row" }, one.channel), h("td", {}, badge(word("look", one.state), TONES[one.state])),
    figure(one.available, { class: "figure strong" }), one.published === null ? h("td", { class: "figure soft" }, t("shown.never")) : figure(one.published),
    one.acknowledged === null ? h("td", { class: "figure soft" }, t("shown.never"))
      : h("td", { class: "figure" }, count(one.acknowledged), behind && h("small", { class: "warn" }, t("shown.behind"))));
}

function changeRow(one, then) {
  const about = [
    one.channel, one.reason && word("reason", one.reason), one.ref, one.source && t("sku.by_source", { source: one.source }),
    one.cart && t("sku.cart", { cart: one.cart }), one.actor && t("by", { actor: one.actor }),
  ].filter(Boolean).join(" · ");
  const open = one.held && Date.parse(one.expires_at) > Date.now();
  const moved = one.before ? free(bare(one.after)) - free(bare(one.before)) || one.after.on_hand - one.before.on_hand : one.change;
  return h("li", {},
    h("time", { class: "soft", datetime: one.at, title: one.at }, clock(one.at, true)),
    h("span", { class: "what" }, word("fact", one.fact), about && h("small", {}, about)),
    open && h("button", { class: "button small", type: "button", "data-act": "release", onclick: () => release(one, then) }, t("release")),
    h("span", { class: `figure ${moved > 0 ? "plus" : moved < 0 ? "minus" : ""}` }, one.covered ? t("sku.covered") : signed(moved)),
    h("span", { class: "figure soft" }, t("sku.after", { free: free(bare(one.after)), on_hand: one.after.on_hand })));
}

const where = ({ stock, warehouse }) => ({
  name: "warehouse", label: t("warehouse"), kind: "choice", value: warehouse, options: stock.levels.map((level) => [level.warehouse, level.warehouse]),
});

function adjust(sku, seen, then) {
  if (!seen.stock) return;
  const run = ({ warehouse, quantity, reason }, key) =>
    change(key, "movements", { lines: [{ sku, kind: "adjust", quantity, reason }] }, { warehouse });
  ask({
    title: t("adjust.title", { sku }), text: t("adjust.text"), confirm: t("adjust.do"), done: t("adjust.done"), run,
    fields: [
      { name: "quantity", label: t("adjust.by"), kind: "whole", signed: true, hint: t("adjust.hint") },
      { name: "reason", label: t("reason"), required: true, suggestions: REASONS, hint: t("reason.hint") },
      where(seen),
    ],
  }).then((done) => done && then());
}

function recount(sku, seen, then) {
  if (!seen.stock) return;
  // The figure is true when the question is opened: what moves while it is answered counts on top.
  const as_of = new Date(now_ms()).toISOString();
  const run = ({ warehouse, on_hand }, key) => change(key, "counts", { source: "ui", as_of, lines: [{ sku, on_hand }] }, { warehouse });
  ask({
    title: t("count.title", { sku }), text: t("count.text"), confirm: t("count.do"), done: t("count.done"), run,
    fields: [{ name: "on_hand", label: t("count.found"), kind: "whole" }, where(seen)],
  }).then((done) => done && then());
}

async function release(one, then) {
  const text = t("release.text", { n: Math.abs(one.change), channel: one.channel ?? "", left: span((Date.parse(one.expires_at) - Date.now()) / 1_000) });
  const run = (_, key) => change(key, "release", {}, { reservation: one.reservation });
  const done = await ask({ title: t("release.title"), text, confirm: t("release"), danger: true, done: t("release.done"), run });
  if (done) then();
}
