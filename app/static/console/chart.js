// Draws every [data-chart] with ECharts in the colours of the theme. Tooltips are drawn on the canvas: a strict CSP refuses style attributes.
// A series may carry urls: a bar then leads to the list behind it. The figures themselves stand in a table beside the chart.
const COLOURS = {
  light: ["#2f6fd0", "#2e9e6b", "#d98b1f", "#8a63c9", "#c94f4f", "#4aa3b8"],
  dark: ["#5b93ea", "#4bbd89", "#e5a64a", "#a98be0", "#e07a7a", "#6fc0d3"],
};
const charts = [];
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
function draw(box) {
  const { labels, series } = JSON.parse(box.dataset.chart);
  const style = getComputedStyle(document.body);
  const value = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const ink = value("--jg-soft", "#667");
  const line = value("--jg-line", "#dde");
  const paper = value("--tblr-bg-surface", "#fff");
  const text = value("--tblr-body-color", "#222");
  const last = {};
  series.forEach((one, place) => { last[one.stack ?? place] = place; });
  const chart = window.echarts.getInstanceByDom(box) ?? window.echarts.init(box);
  chart.setOption({
    color: COLOURS[document.documentElement.dataset.bsTheme] ?? COLOURS.light, textStyle: { fontFamily: style.fontFamily }, animation: !calm, animationDuration: 300,
    grid: { left: 4, right: 8, top: series.length > 1 ? 40 : 12, bottom: 0, containLabel: true },
    legend: { type: "scroll", show: series.length > 1, top: 0, left: 0, itemWidth: 12, itemHeight: 8, itemGap: 14, textStyle: { color: ink }, pageIconColor: ink, pageTextStyle: { color: ink } },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, renderMode: "richText", backgroundColor: paper, borderColor: line, textStyle: { color: text }, confine: true, valueFormatter: (number) => Number(number).toLocaleString() },
    xAxis: { type: "category", data: labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line, type: "dashed" } }, axisLabel: { color: ink } },
    series: series.map((one, place) => ({ name: one.name, type: one.kind ?? box.dataset.kind ?? "bar", data: one.data ?? one.values, barMaxWidth: 30, smooth: false, stack: one.stack,
      cursor: one.urls ? "pointer" : "default", emphasis: { focus: "series" }, itemStyle: { borderRadius: last[one.stack ?? place] === place ? [3, 3, 0, 0] : 0 } })),
  }, true);
  if (!charts.includes(chart)) {
    charts.push(chart);
    chart.on("click", (event) => { const url = series[event.seriesIndex]?.urls?.[event.dataIndex]; if (url) location.href = url; });
    new ResizeObserver(() => chart.resize()).observe(box);
  }
}
const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
drawAll();
document.addEventListener("jg:theme", drawAll);
window.addEventListener("beforeprint", () => charts.forEach((chart) => chart.resize()));
