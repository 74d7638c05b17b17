// Charts that can be zoomed: a curve's drawing is exchanged for one by uPlot when somebody asks for it, so a report
// with hundreds of drawings opens as fast as one with none.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3], [14, 4]];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const times = [["ns", 1], ["\u00b5s", 1e3], ["ms", 1e6], ["s", 1e9]];

// A value with the unit of time that suits it; other units stay as they are.
function show(value, unit = "") {
  if (value == null) return "\u2014";
  const time = times.find(([name]) => name === unit);
  if (time) {
    const nanoseconds = value * time[1];
    const [name, size] = times.findLast(([, from]) => nanoseconds >= from * 0.9999) || times[0];
    return numbers.format(nanoseconds / size) + " " + name;
  }
  return numbers.format(value) + (unit ? " " + unit : "");
}
const named = (name, unit) => (unit && !times.some(([time]) => time === unit) ? `${name}, in ${unit}` : name);

// x of percentiles is n where one in n is larger; its logarithm counts the nines.
const percentile = (place) => Number((100 * (1 - 10 ** -place)).toPrecision(8));

function axis(name, unit, kind) {
  const ticked = times.some(([time]) => time === unit) ? unit : "";
  return {
    label: named(name, unit), stroke: css("--soft"), labelSize: 22, labelFont: "12px system-ui, sans-serif", font: "12px system-ui, sans-serif",
    grid: { stroke: css("--faint"), width: 1 }, ticks: { stroke: css("--line"), width: 1 },
    values: (chart, ticks) => ticks.map((tick) => (tick == null ? null : kind === "percentile" ? String(percentile(tick)) : show(tick, ticked))),
    ...(kind === "percentile" ? { splits: () => [0, 0.30103, 1, 2, 3, 4, 5] } : {}),
  };
}

function draw(card, place) {
  const { x, xUnit, xKind, y, yUnit, yKind } = card.dataset;
  const curves = JSON.parse(card.querySelector("script").textContent);
  const placed = (values) => (xKind === "percentile" ? values.map(Math.log10) : values);
  const data = uPlot.join(curves.map(([, xs, ys]) => [placed(xs), ys]));

  // The card's own legend tells what each line is at the pointer: where a heap has no point, its last one before.
  const items = new Map([...card.querySelectorAll(".legend li")].map((item) => [item.dataset.heap, item.querySelector("output")]));
  const where = card.querySelector(".where");
  const tell = (chart) => {
    const at = chart.cursor.idx;
    where.textContent = at == null ? "" : "at " + (xKind === "percentile" ? `${percentile(data[0][at])} %` : show(data[0][at], xUnit));
    curves.forEach(([heap], number) => {
      let point = at;
      while (point > 0 && data[number + 1][point] == null) point--;
      items.get(String(heap)).textContent = at == null ? "" : show(data[number + 1][point], yUnit);
    });
  };
  return new uPlot({
    width: place.clientWidth, height: 320, legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    hooks: { setCursor: [tell], destroy: [() => { where.textContent = ""; for (const item of items.values()) item.textContent = ""; }] },
    scales: {
      x: { time: false, distr: xKind === "logarithmic" ? 3 : 1 },
      y: yKind === "logarithmic" ? { distr: 3 } : { range: { min: { soft: 0, mode: 1 }, max: { pad: 0.05 } } },
    },
    axes: [axis(x, xUnit, xKind), { ...axis(y, yUnit, yKind), size: 70 }],
    series: [{}, ...curves.map(([heap]) => ({
      stroke: css(`--c${heap % 8}`), width: 2, dash: dashes[heap % 5], spanGaps: true, points: { show: false },
    }))],
  }, data, place);
}

for (const card of document.querySelectorAll(".curves")) {
  if (!card.querySelector("script")) continue;
  const button = document.createElement("button");
  const drawing = card.querySelector(".plot > svg");
  const where = document.createElement("output");
  let chart = null, place = null;
  where.className = "where";
  card.querySelector(".plot").after(where);
  for (const item of card.querySelectorAll(".legend li")) item.append(document.createElement("output"));
  button.type = "button";
  button.className = "zoom";
  button.textContent = "Zoom";
  button.title = "Drag to zoom, double-click for all; the legend tells the values under the pointer";
  button.setAttribute("aria-pressed", "false");
  const toggle = () => {
    if (chart) {
      chart.destroy();
      place.remove();
      chart = null;
    } else {
      place = document.createElement("div");
      card.querySelector(".plot").append(place);
      chart = draw(card, place);
    }
    drawing.toggleAttribute("hidden", chart !== null);
    button.setAttribute("aria-pressed", String(chart !== null));
  };
  button.addEventListener("click", toggle);
  card.prepend(button);
  addEventListener("resize", () => chart && chart.setSize({ width: place.clientWidth, height: 320 }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (chart) { toggle(); toggle(); } });
}
