/** Stock by SKU and warehouse, and what each channel sees of it: a page at a time, live. */
import { badge, trouble } from "./act.js";
import { get, query } from "./api.js";
import { calmly, h, keyed, put, write } from "./dom.js";
import { follow, watch } from "./live.js";
import { count, t, word } from "./words.js";

const PAGE = 40;
// What the feed does not carry (confirmed figures, SKUs that are new) is read again.
const EVERY_MS = 10_000;
// A search goes through this many answers without a find before it lets the reader decide.
const EMPTY_ANSWERS_MAX = 50;

const FILTERS = ["", "sold_out", "low"];
export const TONES = { in_stock: "good", low: "warn", sold_out: "bad", backorder: "plain", preorder: "plain" };

/** Units of a level that may be sold. */
export const free = ({ on_hand, unavailable, reserved, allocated, safety_stock }) =>
  on_hand - unavailable.damaged - unavailable.quality_control - unavailable.quarantine - reserved - allocated - safety_stock;

/** How the goods look to buyers on the channels that show them, in a word or two. */
export function look({ channels }) {
  const showing = channels.filter((one) => one.published !== null);
  const like = (state) => showing.filter((one) => one.state === state).length;
  if (showing.length === 0) return badge(t("look.unlisted"), "plain");
  const [out, low] = [like("sold_out"), like("low")];
  if (out === showing.length) return badge(t("look.sold_out"), "bad");
  if (out > 0) return badge(t("look.out_on", { n: out }), "bad");
  if (low > 0) return badge(t(low === showing.length ? "look.low" : "look.low_on", { n: low }), "warn");
  const state = showing.find((one) => one.state !== "in_stock")?.state ?? "in_stock";
  return badge(word("look", state), TONES[state]);
}

const sum = (figures) => figures.reduce((all, one) => all + one, 0);

export function show(main, { stay, parameters }) {
  const wanted = { search: parameters.get("search") ?? "", state: parameters.get("state") ?? "" };
  const trail = [undefined]; // Where each page begins.
  const seen = { items: [], next: undefined, warehouses: [], channels: [], leave: () => {} };

  const search = h("input", { id: "search", type: "search", value: wanted.search, autocomplete: "off", spellcheck: "false", maxlength: 128 });
  const filter = (state) => h("button", {
    class: "chip", type: "button", "aria-pressed": String(state === wanted.state),
    onclick: (event) => {
      wanted.state = state;
      for (const chip of event.target.parentElement.children) chip.setAttribute("aria-pressed", String(chip === event.target));
      begin();
    },
  }, state ? word("look", state) : t("stock.all"));
  const errors = h("div", { role: "alert" });
  const told = h("p", { class: "soft", role: "status" });
  const headings = h("thead");
  const rows = h("tbody");
  const back = h("button", { class: "button", type: "button", onclick: () => { trail.pop(); load(); } }, t("page.back"));
  const more = h("button", { class: "button", type: "button", onclick: () => { trail.push(seen.next); load(); } }, t("page.more"));
  put(main,
    h("header", { class: "head" }, h("h1", { tabindex: "-1" }, t("nav.stock"))),
    h("form", { class: "tools", role: "search", onsubmit: (event) => { event.preventDefault(); begin(); } },
      h("div", { class: "field grow" }, h("label", { for: "search" }, t("stock.search")), search),
      h("div", { class: "chips", role: "group", "aria-label": t("stock.filter") }, FILTERS.map(filter))),
    errors, told,
    h("section", { class: "card flush" },
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("nav.stock") }, h("table", { class: "stock" }, headings, rows))),
    h("nav", { class: "buttons", "aria-label": t("page.pages") }, back, more));

  const read = async () => {
    let after = trail.at(-1), items = [], next;
    for (let asked = 0; asked < EMPTY_ANSWERS_MAX; asked++) {
      const path = query("v1/stock", { ...wanted, limit: PAGE - items.length, after });
      const page = await get(path, { signal: stay.signal });
      items = [...items, ...page.items];
      next = after = page.next ?? undefined;
      if (!next || items.length >= PAGE) break;
    }
    return { items, next };
  };

  let reading = 0;
  const load = async () => {
    const turn = ++reading;
    try {
      const found = await read();
      if (turn !== reading || stay.over) return;
      const other = found.items.map((item) => item.sku).join("\n") !== seen.items.map((item) => item.sku).join("\n");
      Object.assign(seen, found);
      put(errors);
      draw();
      if (other) listen();
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  };
  const begin = () => {
    wanted.search = search.value.trim();
    history.replaceState(null, "", query("#/stock", wanted));
    trail.splice(1);
    load();
  };
  search.addEventListener("input", calmly(250, begin));

  const draw = () => {
    const union = (known, kind, name) => [...new Set([...known, ...seen.items.flatMap((item) => item[kind].map((one) => one[name]))])].sort();
    const warehouses = union(seen.warehouses, "levels", "warehouse");
    const channels = union(seen.channels, "channels", "channel");
    if (warehouses.length !== seen.warehouses.length || channels.length !== seen.channels.length || !headings.firstChild) {
      Object.assign(seen, { warehouses, channels });
      put(headings, head(warehouses, channels));
      put(rows);
    }
    keyed(rows, seen.items, (item) => item.sku, (item) => row(item, seen));
    const said = seen.items.length === 0 ? t(wanted.search || wanted.state ? "stock.none_found" : "stock.none") : "";
    write(told, said);
    back.hidden = trail.length < 2;
    more.hidden = !seen.next;
  };

  const listen = () => {
    seen.leave();
    if (seen.items.length === 0) { seen.leave = () => {}; return; }
    const topics = [...seen.channels.map((id) => `channel:${id}`), ...seen.warehouses.map((id) => `warehouse:${id}`)];
    const calm = calmly(50, draw);
    seen.leave = follow(stay, topics, seen.items.map((item) => item.sku), (topic, news) => { if (patch(seen, topic, news)) calm(); });
  };
  stay.every(EVERY_MS, load);
  stay.ends(watch((state) => state === "live" && load()));
}

/** Puts news of a topic into the rows; answers whether anything is another than it was. */
function patch(seen, topic, news) {
  const [kind, id] = [topic.slice(0, topic.indexOf(":")), topic.slice(topic.indexOf(":") + 1)];
  const [list, name] = kind === "channel" ? ["channels", "channel"] : ["levels", "warehouse"];
  let changed = false;
  for (const { sku, ...figures } of news) {
    const at = seen.items.findIndex((item) => item.sku === sku);
    const one = seen.items[at]?.[list].find((known) => known[name] === id);
    if (!one || Object.entries(figures).every(([key, figure]) => JSON.stringify(one[key]) === JSON.stringify(figure))) continue;
    Object.assign(one, figures);
    if (kind === "channel") one.published = figures.available;
    changed = true;
  }
  return changed;
}

function head(warehouses, channels) {
  const group = (words, ids) => ids.length > 0 && h("th", { scope: "colgroup", colspan: ids.length, class: "group" }, words);
  const column = (id) => h("th", { scope: "col", class: "figure side" }, id);
  return [
    h("tr", { class: "groups" }, h("td"), h("td", { colspan: 3 }), group(t("stock.warehouses"), warehouses), group(t("stock.channels"), channels)),
    h("tr", {}, h("th", { scope: "col" }, t("sku")), h("th", { scope: "col" }, t("stock.state")),
      h("th", { scope: "col", class: "figure" }, t("stock.free")), h("th", { scope: "col", class: "figure side" }, t("stock.on_hand")),
      warehouses.map(column), channels.map(column)),
  ];
}

const before = new Map();

/** A cell that shows when its figure has changed. */
function live(name, text, ...under) {
  const known = before.get(name);
  before.set(name, text);
  if (before.size > 20_000) before.clear();
  const changed = known !== undefined && known !== text;
  return h("td", { class: `figure side${changed ? " changed" : ""}` }, text, under);
}

function row(item, { warehouses, channels }) {
  const total = count(sum(item.levels.map((level) => Math.max(0, free(level)))));
  const at = (warehouse) => {
    const level = item.levels.find((one) => one.warehouse === warehouse);
    if (!level) return h("td", { class: "figure side" });
    const units = free(level);
    return live(`${item.sku}\n${warehouse}`, count(units), units !== level.on_hand && h("small", {}, t("stock.of", { n: level.on_hand })));
  };
  const on = (channel) => {
    const seen = item.channels.find((one) => one.channel === channel);
    if (!seen || (seen.published === null && seen.available === 0)) return h("td", { class: "figure side" });
    const shown = seen.published ?? seen.available;
    const differs = seen.acknowledged !== null && seen.acknowledged !== shown;
    return live(`${item.sku}\n>${channel}`, count(shown),
      seen.acknowledged !== null && h("small", { class: differs ? "warn" : "" }, differs ? t("stock.shows", { n: seen.acknowledged }) : t("stock.confirmed")));
  };
  return h("tr", {},
    h("th", { scope: "row" }, h("a", { href: `#/sku/${encodeURIComponent(item.sku)}`, "data-act": "open" }, item.sku), item.title && h("small", {}, item.title)),
    h("td", {}, look(item)),
    h("td", { class: "figure strong" }, total), h("td", { class: "figure side" }, count(sum(item.levels.map((level) => level.on_hand)))),
    warehouses.map(at), channels.map(on));
}
