// Draws every [data-chart] with ECharts in the colours of the theme. Tooltips are drawn on the canvas: a strict CSP refuses style attributes.
const COLOURS = ["#2f6fd0", "#2e9e6b", "#d98b1f", "#8a63c9", "#c94f4f", "#4aa3b8"];
const charts = [];
function draw(box) {
  const { labels, series } = JSON.parse(box.dataset.chart);
  const style = getComputedStyle(document.body);
  const ink = style.getPropertyValue("--jg-soft").trim() || "#667";
  const line = style.getPropertyValue("--jg-line").trim() || "#dde";
  const chart = window.echarts.getInstanceByDom(box) ?? window.echarts.init(box);
  chart.setOption({
    color: COLOURS, textStyle: { fontFamily: style.fontFamily }, animationDuration: 300,
    grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
    legend: { show: series.length > 1, top: 0, left: 0, itemWidth: 12, itemHeight: 8, textStyle: { color: ink } },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: labels, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink } },
    yAxis: { type: "value", minInterval: 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: ink } },
    series: series.map((one) => ({ name: one.name, type: one.kind ?? box.dataset.kind ?? "bar", data: one.data ?? one.values, barMaxWidth: 28, smooth: false,
      stack: one.stack, itemStyle: { borderRadius: [2, 2, 0, 0] } })),
  }, true);
  if (!charts.includes(chart)) charts.push(chart);
}
const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
drawAll();
document.addEventListener("jg:theme", drawAll);
window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
