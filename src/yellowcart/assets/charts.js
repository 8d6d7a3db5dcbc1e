// Draws every figure[data-chart] with ECharts from the JSON beside it, in the colours and type of tokens.css.
// JSON holds no functions, so the unit of the figure chooses how its numbers are written.

const locale = document.documentElement.lang || "en";
const grouped = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const yuan = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const written = {
  fen: { full: (n) => "¥" + yuan.format(n / 100), short: (n) => "¥" + compact.format(n / 100) },
  basis_points: { full: (n) => grouped.format(n / 100) + " %", short: (n) => grouped.format(n / 100) + " %" },
  count: { full: (n) => grouped.format(n), short: (n) => compact.format(n) },
};

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const FEW = 8;

/** How many lines the legend takes: names of Chinese are as wide as they are long, others about half. */
function legendLines(series, width) {
  const wide = (name) => [...String(name || "")].reduce((sum, sign) => sum + (sign > "\u2e80" ? 12 : 7), 34);
  let lines = 1, used = 0;
  for (const one of series) {
    const next = wide(one.name);
    if (used && used + next > width) { lines += 1; used = 0; }
    used += next;
  }
  return lines;
}

/** A few named columns keep every name: it breaks into lines instead of being left out. */
function namedColumns(given, width) {
  const data = given.data || [];
  if (given.type !== "category" || !data.length || data.length > FEW) return {};
  return { interval: 0, hideOverlap: false, width: Math.floor((width - 60) / data.length) - 4, overflow: "break", lineHeight: 14 };
}

function dressed(option, unit, width) {
  const write = written[unit] || written.count;
  const ink = token("--ink-soft"), line = token("--line"), font = token("--font");
  const axis = (given, isValue, named) => ({
    ...given,
    axisLine: { lineStyle: { color: token("--line-strong") }, show: !isValue, ...given.axisLine },
    axisTick: { show: false, ...given.axisTick },
    axisLabel: { color: ink, fontFamily: font, fontSize: 11, hideOverlap: true, ...(isValue ? { formatter: write.short } : {}), ...named, ...given.axisLabel },
    splitLine: { show: isValue, lineStyle: { color: line }, ...given.splitLine },
    nameTextStyle: { color: ink, ...given.nameTextStyle },
  });
  const axes = (given, name) => given && [given].flat().map((one) => axis(one, one.type === "value" || one.type === "log", name?.(one, width)));
  const lying = [option.yAxis || {}].flat()[0].type === "category";
  const series = [option.series || []].flat();
  const many = series.length > 1;
  return {
    color: [1, 2, 3, 4, 5, 6].map((place) => token(`--chart-${place}`)),
    textStyle: { fontFamily: font, color: token("--ink") },
    animationDuration: 300,
    aria: { enabled: true },
    ...option,
    grid: { left: 8, right: 20, top: many ? 12 + 24 * legendLines(series, width) : 12, bottom: 4, containLabel: true, ...option.grid },
    legend: option.legend === false ? undefined
      : { show: many, top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 4, itemGap: 16, textStyle: { color: ink, fontFamily: font, fontSize: 12 }, ...option.legend },
    tooltip: {
      trigger: "axis", confine: true, valueFormatter: (n) => (n == null ? "–" : write.full(n)),
      backgroundColor: token("--surface"), borderColor: token("--line-strong"), textStyle: { color: token("--ink"), fontFamily: font, fontSize: 12 },
      axisPointer: { lineStyle: { color: token("--line-strong") } }, ...option.tooltip,
    },
    xAxis: axes(option.xAxis, namedColumns),
    yAxis: axes(option.yAxis),
    series: series.map((one) => ({
      ...(one.type === "line" ? { showSymbol: false, symbolSize: 6, lineStyle: { width: 2 }, emphasis: { disabled: true } } : {}),
      ...(one.type === "bar" ? { barMaxWidth: 28, itemStyle: { borderRadius: lying ? [0, 3, 3, 0] : [3, 3, 0, 0] } } : {}),
      ...one,
      ...(one.tone ? { itemStyle: { color: token(`--${one.tone}`), ...one.itemStyle } } : {}),
    })),
  };
}

const drawn = new Map();

function draw(figure) {
  const canvas = figure.querySelector(".chart__canvas");
  const option = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const chart = drawn.get(canvas) || globalThis.echarts.init(canvas, null, { renderer: "svg" });
  drawn.set(canvas, chart);
  chart.setOption(dressed(option, figure.dataset.unit, canvas.clientWidth), true);
}

function drawAll() {
  for (const [canvas, chart] of drawn) {
    if (!canvas.isConnected) { chart.dispose(); drawn.delete(canvas); }
  }
  document.querySelectorAll("figure[data-chart]").forEach(draw);
}

drawAll();
let resizing = 0;
addEventListener("resize", () => {
  drawn.forEach((chart) => chart.resize());
  clearTimeout(resizing);
  resizing = setTimeout(drawAll, 200);
});
addEventListener("theme:chosen", () => requestAnimationFrame(drawAll));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(drawAll));
document.addEventListener("htmx:afterSettle", drawAll);
