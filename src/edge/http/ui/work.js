/** A warehouse's work: what to accept, pick, pack, send and hand over, with a field for the scanner. */
import { ask, badge, doer, trouble } from "./act.js";
import { find, get, query } from "./api.js";
import { h, keyed, put, say } from "./dom.js";
import { change, poked, watch } from "./live.js";
import { isLate } from "./orders.js";
import { ago, clock, t, word } from "./words.js";

// News is told by the feed; what it can't tell somebody without its scope is found all the same.
const EVERY_MS = 5_000;
const PAGE = 1_000;
// Cards of one stage that are drawn; the most urgent ones.
const SHOWN = 40;
// Item cards read for one list.
const CARDS_MAX = 200;
const CARRIERS = ["dhl", "dpd", "gls", "hermes", "ups", "post"];
const REJECT_REASONS = ["too_busy", "closed", "not_found"];

const STAGES = { accept: ["requested"], pick: ["accepted", "picking"], pack: ["picked", "short_picked"], send: ["packed", "ready_for_pickup"], held: ["on_hold"] };
const stageOf = ({ state }) => Object.keys(STAGES).find((stage) => STAGES[stage].includes(state));

/** Steps by state, the usual one first; of what is fetched by its buyer, instead of those for parcels. */
const STEPS = {
  requested: ["accept", "reject", "short_pick"], accepted: ["pick", "begin", "reject", "short_pick"], picking: ["pick", "reject", "short_pick"],
  picked: ["pack", "short_pick"], short_picked: ["pack", "short_pick"], packed: ["ship"], ready_for_pickup: ["collect", "uncollected"],
};
const PICKUP = { picked: ["ready", "short_pick"], short_picked: ["ready", "short_pick"], packed: ["ready"] };
const stepsOf = ({ state, method }) => (method === "pickup" && PICKUP[state]) || STEPS[state] || [];

let floor;
let carrier = "";

export function show(main, { stay, name }) {
  const seen = { work: [], cards: new Map(), selected: undefined, warehouses: new Map() };
  const warehouse = name || floor || "";
  const errors = h("div", { role: "alert" });
  const places = h("nav", { class: "chips", "aria-label": t("work.where") });
  const field = h("input", { id: "scan", type: "search", autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "go", maxlength: 128, "aria-describedby": "scan-hint" });
  const form = h("form", { class: "scan card", onsubmit: (event) => { event.preventDefault(); scan(field.value.trim()); field.select(); } },
    h("label", { for: "scan" }, t("work.scan")), h("div", { class: "scan-row" }, field, h("button", { class: "button first", type: "submit" }, t("work.find"))),
    h("p", { class: "hint", id: "scan-hint" }, t("work.scan.hint")));
  const found = h("p", { class: "scan-said", role: "status" });
  const chosen = h("div", { class: "chosen-work" });
  const stages = h("div", { class: "stages" });
  put(main, h("header", { class: "head" }, h("h1", { tabindex: "-1" }, warehouse ? t("work.at", { warehouse }) : t("nav.work"))), places, errors);
  if (warehouse) main.append(form, found, chosen, stages);

  const draw = () => {
    const selected = seen.work.find((one) => one.fulfilment === seen.selected);
    keyed(chosen, selected ? [withCards(selected, seen)] : [], (one) => one.fulfilment, (one) => card(one, load, true));
    const rest = seen.work.filter((one) => one !== selected);
    const lists = Object.keys(STAGES).map((stage) => [stage, rest.filter((one) => stageOf(one) === stage)]).filter(([stage, list]) => list.length > 0 || stage !== "held");
    keyed(stages, lists.map(([stage]) => stage), (stage) => stage, (stage) => h("section", { class: "stage", "aria-labelledby": `stage-${stage}` },
      h("h2", { id: `stage-${stage}` }, t(`stage.${stage}`), " ", h("span", { class: "tally" })), h("ul", { class: "cards" }), h("p", { class: "soft" })));
    lists.forEach(([, list], at) => {
      const [heading, cards, note] = stages.children[at].children;
      heading.querySelector(".tally").textContent = list.length;
      keyed(cards, list.slice(0, SHOWN).map((one) => withCards(one, seen)), (one) => one.fulfilment, (one) => h("li", {}, card(one, load, false, () => select(one))));
      note.textContent = list.length === 0 ? t("work.nothing") : list.length > SHOWN ? t("work.more", { n: list.length - SHOWN }) : "";
    });
  };
  const select = (one) => {
    seen.selected = one.fulfilment;
    draw();
    const goods = one.lines.map((line) => `${line.quantity} × ${line.sku}`).join(", ");
    found.className = "scan-said good";
    found.textContent = t("work.found", { order: one.order, goods });
    form.scrollIntoView({ block: "start" });
  };
  const scan = (text) => {
    if (!text) return;
    const hits = matches(seen, text);
    if (hits.length === 0) {
      found.className = "scan-said bad";
      found.textContent = t("work.not_found", { text });
      if (navigator.userActivation?.isActive) navigator.vibrate?.(200);
      return;
    }
    // The same once more leads to the next of them.
    const at = hits.findIndex((one) => one.fulfilment === seen.selected);
    select(hits[(at + 1) % hits.length]);
    if (hits.length > 1) found.textContent += ` ${t("work.hits", { at: ((at + 1) % hits.length) + 1, of: hits.length })}`;
  };
  const load = stay.every(EVERY_MS, async () => {
    if (!warehouse) return;
    try {
      const page = await get(query("v1/fulfilments", { warehouse, limit: PAGE }), { signal: stay.signal });
      put(errors);
      seen.work = page.fulfilments.filter(stageOf).toSorted(urgency);
      draw();
      await readCards(seen, stay);
      draw();
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
  stay.every(15_000, async () => {
    try {
      const all = (await get(query("v1/fulfilments", { limit: PAGE }), { signal: stay.signal })).fulfilments.filter(stageOf);
      const tally = new Map([[warehouse, 0]].filter(([id]) => id));
      for (const one of all) tally.set(one.warehouse, (tally.get(one.warehouse) ?? 0) + 1);
      keyed(places, [...tally].sort(), ([id]) => id, ([id, n]) => h("a", { class: "chip", "data-act": "where", href: `#/floor/${encodeURIComponent(id)}`, "aria-current": id === warehouse ? "page" : undefined }, `${id} `, h("span", { class: "tally" }, String(n))));
      if (!warehouse) put(errors, h("p", { class: "soft" }, t(tally.size === 0 ? "work.nowhere" : "work.choose")));
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
  if (warehouse) {
    floor = warehouse;
    poked(stay, `work:${warehouse}`, load);
  }
  // A scanner types wherever the focus is.
  const type = (event) => {
    const elsewhere = event.target.closest?.("input, select, textarea, dialog");
    if (!elsewhere && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      field.value = "";
      field.focus();
    }
  };
  document.addEventListener("keydown", type);
  stay.ends(() => document.removeEventListener("keydown", type));
  stay.ends(watch((standing) => standing === "live" && load()));
}

const urgency = (one, other) => one.priority - other.priority
  || (Date.parse(one.promise_by) || Infinity) - (Date.parse(other.promise_by) || Infinity) || Date.parse(one.requested_at) - Date.parse(other.requested_at) || 0;

/** Work that a scanned or typed text means: exactly, or else the beginning of an order's number. */
function matches({ work, cards }, text) {
  const said = text.toLowerCase();
  const is = (name) => name?.toLowerCase() === said;
  const means = (one) => [one.order, one.order_id, one.fulfilment].some(is) || one.lines.some((line) => is(line.sku) || is(cards.get(line.sku)?.gtin));
  const exact = work.filter(means);
  return exact.length > 0 ? exact : work.filter((one) => one.order.toLowerCase().startsWith(said));
}

const withCards = (one, { cards }) => ({ ...one, late: isLate(one), lines: one.lines.map((line) => ({ ...line, card: cards.get(line.sku) })) });

/** What is known of the goods: names, barcodes, bins. */
async function readCards({ work, cards }, stay) {
  const missing = [...new Set(work.flatMap((one) => one.lines.map((line) => line.sku)))].filter((sku) => !cards.has(sku)).slice(0, CARDS_MAX - cards.size);
  await Promise.all(missing.map(async (sku) => {
    cards.set(sku, await find(`v1/items/${encodeURIComponent(sku)}`, { signal: stay.signal }) ?? {});
  }));
}

function card(one, then, large, select) {
  const place = h("div", { role: "alert" });
  const line = ({ sku, quantity, card: known = {} }) => h("li", {}, h("strong", { class: "figure" }, `${quantity} ×`),
    h("span", { class: "what" }, sku, known.title && h("small", {}, known.title)), known.bins?.[one.warehouse] && h("span", { class: "bin" }, known.bins[one.warehouse]));
  const facts = [one.channel, t(`method.${one.method}`), one.country].filter(Boolean).join(" · ");
  return h("article", { class: `card work${large ? " large" : ""}`, "aria-label": t("order.title", { order: one.order }) },
    h("header", { class: "head" },
      h("h3", {}, h("a", { href: `#/order/${encodeURIComponent(one.order_id)}`, "data-act": "open" }, one.order)),
      h("span", { class: "badges" }, one.late && badge(t("orders.late"), "bad"), badge(word("state", one.state), "plain"))),
    h("p", { class: "soft" }, facts, " · ", h("time", { datetime: one.requested_at, title: clock(one.requested_at, true), "data-ago": "" }, ago(one.requested_at)),
      one.accept_by && one.state === "requested" && ` · ${t("work.accept_by", { time: clock(one.accept_by) })}`, one.promise_by && ` · ${t("order.promise", { time: clock(one.promise_by) })}`),
    h("ul", { class: "goods" }, one.lines.map(line)), place,
    h("div", { class: "buttons" }, stepsOf(one).map((step, at) => stepButton(step, one, { first: at === 0, place, then })),
      select && h("button", { class: "button quiet", type: "button", "data-act": "select", onclick: select }, t("work.select"))));
}

/** What a step is called on the wire, where it is called otherwise here. */
const VERBS = { begin: "pick", ship: "ship_fulfilment" };

function stepButton(step, one, { first, place, then }) {
  const done = t(`step.${step}.done`, { order: one.order });
  const run = (key, body) => change(key, VERBS[step] ?? step, body, { fulfilment: one.fulfilment });
  const question = QUESTIONS[step]?.(one, run);
  if (!question) {
    const at_once = async () => { await run(`${step} ${one.fulfilment} ${one.state}`, step === "begin" ? { begin: true } : {}); then(); };
    return doer(t(`step.${step}`), { act: step, first, place, done, run: at_once });
  }
  const open = async () => { if (await ask({ confirm: t(`step.${step}`), done, ...question })) then(); };
  return h("button", { class: first ? "button first" : "button", type: "button", "data-act": step, onclick: open }, t(`step.${step}…`, {}, t(`step.${step}`)));
}

const reason = (suggestions) => ({ name: "reason", label: t("reason"), suggestions, hint: t("reason.hint") });

/** Steps that need to know more, or can't be undone. */
const QUESTIONS = {
  ship: (one, run) => ({
    title: t("ship.title", { order: one.order }), text: t("ship.text"),
    fields: [{ name: "carrier", label: t("ship.carrier"), value: carrier, suggestions: CARRIERS }, { name: "tracking", label: t("ship.tracking"), hint: t("ship.hint") }],
    run: (parcel, key) => {
      carrier = parcel.carrier ?? "";
      return run(key, parcel.carrier || parcel.tracking ? { parcels: [parcel] } : {});
    },
  }),
  reject: (one, run) => ({
    title: t("reject.title", { order: one.order }), text: t("reject.text"), danger: true, fields: [reason(REJECT_REASONS)], run: (values, key) => run(key, values),
  }),
  short_pick: (one, run) => ({
    title: t("missing.title", { order: one.order }), text: t("missing.text"), danger: true,
    fields: [
      { name: "line", label: t("missing.line"), kind: "choice", value: one.lines[0]?.line, options: one.lines.map((line) => [line.line, `${line.sku} (${line.quantity})`]) },
      { name: "quantity", label: t("missing.quantity"), kind: "whole", least: 1, value: one.lines.length === 1 && one.lines[0].quantity === 1 ? "1" : "" },
      { name: "damaged", label: t("missing.damaged"), kind: "flag" }, reason([]),
    ],
    run: ({ line, quantity, damaged, reason: why }, key) => run(key, { lines: [{ line, quantity }], damaged, reason: why }),
  }),
  uncollected: (one, run) => ({ title: t("uncollected.title", { order: one.order }), text: t("uncollected.text"), danger: true, run: (_, key) => run(key, {}) }),
};
