/** One order: where its units are, what happened to it, and why it ships from where it does. */
import { ask, badge, figure, trouble } from "./act.js";
import { get } from "./api.js";
import { h, put } from "./dom.js";
import { change, watch } from "./live.js";
import { isLate, stateBadge } from "./orders.js";
import { ago, clock, t, word } from "./words.js";

const EVERY_MS = 3_000;
const CANCEL_REASONS = ["customer_request", "out_of_stock", "fraud", "wrong_price"];
const HOLD_REASONS = ["fraud_check", "address_check", "customer_request"];
const UNITS = ["ordered", "unrouted", "backordered", "allocated", "shipped", "cancelled", "returned"];
const OVER = ["delivered", "closed", "cancelled"];

export function show(main, { stay, name }) {
  const head = h("header", { class: "head" });
  const title = h("h1", { tabindex: "-1", class: "name" }, name);
  const facts = h("p", { class: "soft" });
  const state = h("div", { class: "badges" });
  const actions = h("div", { class: "buttons" });
  const errors = h("div", { role: "alert" });
  const lines = h("tbody");
  const parts = h("ul", { class: "rows" });
  const timeline = h("ol", { class: "timeline" });
  const routing = h("div", { class: "routing" });
  put(head, h("div", {}, h("p", { class: "crumb" }, h("a", { href: "#/orders" }, t("nav.orders"))), title, facts), h("div", { class: "head-side" }, state, actions));
  put(main, head, errors,
    h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("order.lines") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("sku")), UNITS.map((label) => h("th", { scope: "col", class: "figure" }, t(`units.${label}`))))), lines))),
    h("div", { class: "columns" },
      h("section", { class: "card" }, h("h2", {}, t("order.parts")), parts),
      h("section", { class: "card" }, h("h2", {}, t("order.timeline")), timeline),
      h("section", { class: "card wide" }, h("h2", {}, t("order.routing")), routing)));

  let shown;
  const load = stay.every(EVERY_MS, async () => {
    try {
      const path = `v1/orders/${encodeURIComponent(name)}`;
      const order = await get(`${path}?timeline=true`, { signal: stay.signal });
      // The explanation needs more than a look: who may not have it sees the rest.
      const told = await get(`v1/orders/${encodeURIComponent(order.id)}/explain`, { signal: stay.signal }).catch((error) => ({ error }));
      put(errors);
      const said = JSON.stringify([order, told.attempts, told.error?.code]);
      if (said === shown) return;
      shown = said;
      draw(order, told);
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
  stay.ends(watch((standing) => standing === "live" && load()));

  const draw = (order, told) => {
    title.textContent = t("order.title", { order: order.order });
    const to = [order.ship_to?.country, order.ship_to?.postal_prefix && `${order.ship_to.postal_prefix}…`].filter(Boolean).join(" ");
    facts.textContent = [order.channel, t(`method.${order.method}`), to, t("order.placed", { time: clock(order.placed_at) }), `${t("order.payment")}: ${word("payment", order.payment.state)}`,
      order.promise_by && t("order.promise", { time: clock(order.promise_by) }), order.id].filter(Boolean).join(" · ");
    put(state, stateBadge(order.state), isLate(order) && badge(t("orders.late"), "bad"), order.hold && badge(`${t("order.held")}: ${word("reason", order.hold.reason)}`, "bad"),
      order.cancelled_for && badge(word("reason", order.cancelled_for), "plain"));
    const focus = actions.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
    put(actions, buttons(order, load));
    if (focus) actions.querySelector(`[data-act="${focus}"]`)?.focus();
    put(lines, order.lines.map(lineRow));
    put(parts, order.fulfilments.map(partRow));
    if (order.fulfilments.length === 0) put(parts, h("li", { class: "soft" }, t("order.no_parts")));
    put(timeline, order.timeline.toReversed().map(happened));
    put(routing, told.error ? trouble(told.error) : told.attempts.length === 0 ? h("p", { class: "soft" }, t("order.not_routed")) : told.attempts.toReversed().map(attempt));
  };
}

function lineRow(line) {
  if (line.stock === false) {
    return h("tr", {}, h("th", { scope: "row" }, line.title ?? line.line, h("small", {}, t("order.no_goods"))), figure(line.ordered), h("td", { colspan: 6 }));
  }
  const name = h("a", { href: `#/sku/${encodeURIComponent(line.sku)}` }, line.sku);
  return h("tr", {}, h("th", { scope: "row" }, name, line.title && h("small", {}, line.title)),
    UNITS.map((label) => figure(line[label], { class: line[label] === 0 ? "figure faint" : "figure" })));
}

function partRow(part) {
  const goods = part.lines.map((line) => `${line.quantity} × ${line.sku}`).join(", ");
  const parcels = (part.parcels ?? []).map((parcel) => [parcel.carrier, parcel.tracking].filter(Boolean).join(" ")).filter(Boolean).join(", ");
  return h("li", { class: "part" }, stateBadge(part.state),
    h("span", { class: "what" }, h("a", { href: `#/floor/${encodeURIComponent(part.warehouse)}` }, part.warehouse), ` ${goods}`, parcels && h("small", {}, parcels),
      part.accept_by && part.state === "requested" && h("small", {}, t("work.accept_by", { time: clock(part.accept_by) })), part.trouble && h("small", { class: "bad" }, word("reason", part.trouble))),
    h("time", { class: "soft", datetime: part.requested_at, title: clock(part.requested_at, true), "data-ago": "" }, ago(part.requested_at)));
}

function happened(one) {
  const about = [one.quantity && t("n_units", { n: one.quantity }), one.warehouse, one.reason && word("reason", one.reason), one.actor && t("by", { actor: one.actor })].filter(Boolean).join(" · ");
  return h("li", {}, h("time", { class: "soft", datetime: one.at }, clock(one.at, true)), h("span", { class: "what" }, word("happened", one.fact), about && h("small", {}, about)));
}

/** One routing: who was chosen, and of every other warehouse why not. */
function attempt({ attempt: number, at, parts, explanation }) {
  const chosen = new Set(parts.map((part) => part.warehouse));
  const goods = parts.map((part) => `${part.warehouse}: ${part.lines.map((line) => `${line.quantity} × ${line.line}`).join(", ")}`);
  const considered = explanation.considered.map((one) => h("tr", { class: chosen.has(one.warehouse) ? "chosen" : "" },
    h("th", { scope: "row" }, one.warehouse), h("td", { class: "figure" }, one.place ? `${one.place}.` : ""),
    h("td", {}, chosen.has(one.warehouse) ? badge(t("route.chosen"), "good") : one.dropped_by ? word("filter", one.dropped_by) : one.behind_by ? t("route.behind", { sort: word("sort", one.behind_by) }) : t("route.behind_id"),
      one.because && h("small", { lang: "en" }, one.because))));
  return h("details", { open: number === 1 }, h("summary", {}, t("route.attempt", { n: number }), " ", h("span", { class: "soft" }, clock(at, true))),
    h("p", { lang: "en" }, explanation.summary), goods.length > 0 && h("p", { class: "soft" }, goods.join(" · ")),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("warehouse")), h("th", { scope: "col", class: "figure" }, t("route.place")), h("th", { scope: "col" }, t("route.why")))), h("tbody", {}, considered)));
}

function buttons(order, then) {
  const target = { order: order.id };
  const button = (act, question) => h("button", { class: "button", type: "button", "data-act": act, onclick: () => ask(question()).then((done) => done && then()) }, t(`order.${act}`));
  const reason = (value, suggestions) => ({ name: "reason", label: t("reason"), required: true, value, suggestions, hint: t("reason.hint") });
  const common = (act) => ({ title: t(`order.${act}.title`, { order: order.order }), text: t(`order.${act}.text`), confirm: t(`order.${act}`), done: t(`order.${act}.done`) });
  const places = [...new Set(order.fulfilments.map((part) => part.warehouse))];
  const reroute = () => ({
    ...common("reroute"),
    fields: [{ name: "exclude", label: t("order.reroute.without"), kind: "choice", value: "", options: [["", t("order.reroute.any")], ...places.map((id) => [id, id])] }],
    run: ({ exclude }, key) => change(key, "reroute", exclude ? { exclude: [exclude] } : {}, target),
  });
  const hold = () => ({ ...common("hold"), fields: [reason("", HOLD_REASONS)], run: (values, key) => change(key, "hold", values, target) });
  const resume = () => ({ ...common("resume"), run: (_, key) => change(key, "resume", {}, target) });
  const cancel = () => ({ ...common("cancel"), danger: true, fields: [reason("", CANCEL_REASONS)], run: (values, key) => change(key, "cancel", values, target) });
  if (OVER.includes(order.state)) return [];
  return [button("reroute", reroute), order.hold ? button("resume", resume) : button("hold", hold), button("cancel", cancel)];
}
