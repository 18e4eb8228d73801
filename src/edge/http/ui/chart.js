/** Lines over time, drawn by uPlot; loaded when the first one is shown. */
import { svg } from "./dom.js";
import { count, spoken } from "./words.js";

const HEIGHT = 190;
const dark = matchMedia("(prefers-color-scheme: dark)");

let library;

/** uPlot is published as a script, which leaves one name behind. */
function load() {
  library ??= new Promise((resolve, reject) => {
    for (const [element, place] of [["link", "uplot.css"], ["script", "uplot.js"]]) {
      const node = document.createElement(element);
      const url = new URL(place, import.meta.url).href;
      if (element === "link") Object.assign(node, { rel: "stylesheet", href: url });
      else Object.assign(node, { src: url, onload: () => resolve(globalThis.uPlot), onerror: reject });
      document.head.append(node);
    }
  });
  return library;
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A colour with so much of it. */
const thin = (name, share) => `color-mix(in srgb, ${color(name)} ${share}%, transparent)`;

/**
 * A chart in `host` that lasts as long as the view. `series` are `{ label, color, stepped?, fill?, dash? }`. Answers a
 * function that takes columns: times in seconds, then one of figures for each series.
 */
export function chart(stay, host, { label, series }) {
  let plot, columns, drawing = false;
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", label);
  const style = (uPlot, { label, color: name, stepped, fill, dash }) => ({
    label, stroke: color(name), width: 2, points: { show: false }, spanGaps: true,
    paths: stepped ? uPlot.paths.stepped({ align: 1 }) : undefined, fill: fill ? thin(name, 14) : undefined, dash: dash ? [5, 4] : undefined,
  });
  const draw = async () => {
    const uPlot = await load();
    if (stay.over || !columns) return;
    plot?.destroy();
    const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    plot = new uPlot({
      width: Math.max(240, host.clientWidth), height: HEIGHT, legend: { show: false },
      cursor: { points: { show: false }, drag: { x: false, y: false } },
      scales: { y: { range: (_, least, most) => [Math.min(0, least ?? 0), Math.max(1, (most ?? 0) * 1.08)] } },
      axes: [
        { ...axis, size: 30, space: 84, values: ({ scales }, times) => times.map(label_of_time(scales.x)) },
        { ...axis, size: 56, values: (_, figures) => figures.map((one) => count(one)) },
      ],
      series: [{}, ...series.map((one) => style(uPlot, one))],
    }, columns, host);
  };
  const size = new ResizeObserver(() => plot?.setSize({ width: Math.max(240, host.clientWidth), height: HEIGHT }));
  size.observe(host);
  dark.addEventListener("change", draw);
  stay.ends(() => { size.disconnect(); dark.removeEventListener("change", draw); plot?.destroy(); });
  return (given) => {
    columns = given;
    if (plot) plot.setData(given);
    else draw();
  };
}

/** Times by what they differ in, over so long a line. */
function label_of_time({ min, max }) {
  const style = max - min > 86_400 ? { day: "numeric", month: "short" }
    : { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(max - min < 300 && { second: "2-digit" }) };
  return (time) => new Date(time * 1_000).toLocaleString(spoken(), style);
}

/** A small mark of a series' colour, for the words beside a chart. */
export const mark = (name, dashed) => svg("svg", { class: "mark", viewBox: "0 0 16 4", "aria-hidden": "true" },
  svg("line", { x1: 0, y1: 2, x2: 16, y2: 2, class: name, "stroke-dasharray": dashed ? "5 4" : undefined }));
