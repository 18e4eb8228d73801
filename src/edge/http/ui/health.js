/** How the daemon does, from its own metrics, as lines over the last minutes. */
import { badge, trouble } from "./act.js";
import { get } from "./api.js";
import { chart, mark } from "./chart.js";
import { h, put, write } from "./dom.js";
import { count, span, t } from "./words.js";

const EVERY_MS = 2_000;
const KEPT = 150;

/** Samples of this page's life; coming back to the view goes on where it was. */
const samples = [];

/** The charts: each series reads a figure from two samples, the newer first; `undefined` is a gap. */
const CHARTS = [
  { id: "commit", digits: 1, series: [
    { id: "p99", color: "--accent", read: (now, then) => ms(quantile(now, then, "lagerd_commit_seconds", 0.99)) },
    { id: "p50", color: "--soft", dash: true, read: (now, then) => ms(quantile(now, then, "lagerd_commit_seconds", 0.5)) },
  ] },
  { id: "commands", series: [
    { id: "answered", color: "--accent", read: (now, then) => rate(now, then, "lagerd_commands_total") },
    { id: "refused", color: "--bad", dash: true, read: (now, then) => rate(now, then, "lagerd_refusals_total") },
  ] },
  { id: "mailboxes", series: [{ id: "longest", color: "--accent", read: (now) => most(now, "lagerd_queue_commands") }] },
  { id: "http", digits: 1, series: [{ id: "p99", color: "--accent", read: (now, then) => ms(quantile(now, then, "lagerd_http_request_seconds", 0.99)) }] },
  { id: "relay", needs: "lagerd_relay_lag_entries", series: [{ id: "entries", color: "--accent", read: (now) => total(now, "lagerd_relay_lag_entries") }] },
  { id: "feed", series: [
    { id: "frames", color: "--accent", read: (now, then) => rate(now, then, "lagerd_feed_frames_total") },
    { id: "conflated", color: "--warn", dash: true, read: (now, then) => rate(now, then, "lagerd_feed_conflated_total") },
  ] },
];

const ms = (seconds) => (seconds === undefined ? undefined : 1_000 * seconds);

export function show(main, { stay }) {
  const errors = h("div", { role: "alert" });
  const ready = h("div", { class: "badges" });
  const warnings = h("ul", { class: "rows" });
  const facts = h("dl", { class: "facts" });
  const behind = h("tbody");
  const charts = CHARTS.map((one) => {
    const host = h("div", { class: "picture" });
    const values = one.series.map(() => h("strong", { class: "figure" }, "–"));
    const none = h("p", { class: "soft" });
    const legend = one.series.map((series, at) => h("span", { class: "legend" }, mark(series.color.slice(2), series.dash), `${t(`health.${one.id}.${series.id}`)} `, values[at]));
    const element = h("section", { class: "card", id: `chart-${one.id}`, "aria-labelledby": `chart-${one.id}-name` },
      h("h2", { id: `chart-${one.id}-name` }, t(`health.${one.id}`)), h("p", { class: "legends" }, legend), none, host);
    const set = chart(stay, host, { label: t(`health.${one.id}`), series: one.series.map((series) => ({ ...series, label: t(`health.${one.id}.${series.id}`) })) });
    return { ...one, host, values, none, element, set };
  });
  put(main,
    h("header", { class: "head" }, h("h1", { tabindex: "-1" }, t("nav.health")), ready), errors, warnings, facts,
    h("div", { class: "charts" }, charts.map((one) => one.element)),
    h("section", { class: "card flush" }, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("health.behind") }, h("table", {},
      h("caption", {}, t("health.behind")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("channel")), ["differing", "since", "buffer"].map((label) => h("th", { scope: "col", class: "figure" }, t(`health.${label}`))))), behind))));

  const draw = () => {
    const newest = samples.at(-1);
    const missing = ({ needs }) => needs && !newest.metrics.has(needs);
    for (const one of charts) {
      const columns = [samples.map((sample) => sample.at), ...one.series.map(({ read }) => samples.map((sample, at) => (at === 0 ? undefined : read(sample, samples[at - 1]))))];
      one.host.hidden = Boolean(missing(one));
      write(one.none, missing(one) ? t("health.no_broker") : "");
      if (!missing(one)) one.set(columns);
      one.series.forEach((_, at) => write(one.values[at], shown(columns[at + 1].at(-1), one)));
    }
    const fact = (id, figure) => figure !== undefined && h("div", {}, h("dt", {}, t(`health.${id}`)), h("dd", { class: "figure" }, figure));
    const of = (name) => (newest.metrics.has(name) ? count(total(newest, name)) : undefined);
    put(facts, fact("reservations", of("lagerd_reservations_open")), fact("documents", of("lagerd_documents_open")), fact("connections", of("lagerd_feed_connections")),
      fact("restarts", of("lagerd_actor_restarts_total")), fact("resyncs", of("lagerd_resyncs_total")), fact("lost", of("lagerd_lost_tails_total")));
    const channels = (newest.metrics.get("lagerd_channel_differing_skus") ?? []).map(({ labels, value }) => {
      const other = (name) => newest.metrics.get(name)?.find((one) => one.labels.channel === labels.channel)?.value ?? 0;
      return [labels.channel, value, other("lagerd_channel_oldest_difference_seconds"), other("lagerd_channel_lag_buffer")];
    });
    put(behind, channels.map(([channel, skus, age, buffer]) => h("tr", {}, h("th", { scope: "row" }, channel), h("td", { class: "figure" }, count(skus)), h("td", { class: "figure" }, skus > 0 ? span(age) : "–"), h("td", { class: "figure" }, count(buffer)))));
    if (channels.length === 0) put(behind, h("tr", {}, h("td", { colspan: 4, class: "soft" }, t("health.none_behind"))));
  };
  stay.every(EVERY_MS, async () => {
    const state = await get("readyz", { signal: stay.signal }).catch((error) => ({ status: "away", error }));
    if (stay.over) return;
    const tone = { ready: "good", degraded: "warn" }[state.status] ?? "bad";
    put(ready, badge(t(`health.${state.status}`), tone));
    put(warnings, [...(state.warnings ?? []), state.error?.problem?.detail].filter(Boolean).map((text) => h("li", { lang: "en" }, text)));
    try {
      const metrics = parse(await get("metrics", { signal: stay.signal, type: "text" }));
      put(errors);
      samples.push({ at: Date.now() / 1_000, metrics });
      samples.splice(0, samples.length - KEPT);
      draw();
    } catch (error) {
      if (!stay.over) put(errors, trouble(error));
    }
  });
}

const shown = (figure, { digits = 0, id }) => {
  if (figure === undefined) return "–";
  const rounded = Number(figure.toFixed(figure < 10 ? Math.max(digits, 1) : digits));
  return t(`health.${id}.unit`, { n: rounded }, "{n}");
};

/** OpenMetrics text as samples by name: `{ labels, value }`. */
function parse(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-z_]+)(?:\{(.*?)\})? ([^ ]+)/.exec(line);
    if (!parts) continue;
    const [, name, labels = "", value] = parts;
    const named = Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, said]) => [key, said]));
    if (!found.has(name)) found.set(name, []);
    found.get(name).push({ labels: named, value: Number(value) });
  }
  return found;
}

const all = ({ metrics }, name) => metrics.get(name) ?? [];
const total = (sample, name) => all(sample, name).reduce((sum, { value }) => sum + value, 0);
const most = (sample, name) => all(sample, name).reduce((longest, { value }) => Math.max(longest, value), 0);

/** How much more per second; a daemon that was started anew began at 0. */
function rate(now, then, name) {
  const more = total(now, name) - total(then, name);
  return more < 0 ? undefined : more / (now.at - then.at);
}

/** The time within which a share of what happened between two samples was done, in seconds; `undefined` where nothing was. */
function quantile(now, then, name, share) {
  const buckets = new Map();
  for (const [sample, sign] of [[now, 1], [then, -1]]) {
    for (const { labels, value } of all(sample, `${name}_bucket`)) {
      const upto = labels.le === "+Inf" ? Infinity : Number(labels.le);
      buckets.set(upto, (buckets.get(upto) ?? 0) + sign * value);
    }
  }
  const sorted = [...buckets].sort(([one], [other]) => one - other);
  const wanted = share * (sorted.at(-1)?.[1] ?? 0);
  if (!(wanted > 0)) return undefined;
  let [below, done] = [0, 0];
  for (const [upto, so_far] of sorted) {
    // What took longer than the longest bucket took at least as long.
    if (so_far >= wanted) return upto === Infinity ? below : below + (upto - below) * ((wanted - done) / Math.max(so_far - done, 1e-9));
    [below, done] = [upto, so_far];
  }
  return below;
}
