// A small chart of one series with its threshold as a dashed line. For who does not see it there is
// a sentence instead.
import uPlot from 'uplot';

import {element} from './dom.mjs';

const kHeight = 34;
const charts = new Set();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Charts follow their cells, and the colours of the page.
const sizes = new ResizeObserver((entries) => {
  for (const {target, contentRect} of entries) {
    const width = Math.round(contentRect.width);
    if (width > 0) target.chart?.setSize({width, height: kHeight});
  }
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of charts)
    if (chart.root.isConnected) chart.redraw(false);
});

function options(width, holder, onPoint) {
  const line = {
    stroke: () => colour(holder.bad ? '--bad' : '--line'),
    fill: () => colour(holder.bad ? '--bad-fill' : '--line-fill'),
    width: 1.5,
    // A value between two gaps would not be seen.
    points: {show: (chart) => chart.data[1].filter((value) => value !== null).length < 3, size: 5},
  };
  const threshold = {
    stroke: () => colour('--threshold'),
    width: 1,
    dash: [4, 3],
    points: {show: false},
  };
  return {
    width,
    height: kHeight,
    padding: [2, 2, 2, 2],
    legend: {show: false},
    axes: [{show: false}, {show: false}],
    scales: {
      x: {time: false, range: (chart) => [chart.data[0][0], chart.data[0].at(-1)]},
      y: {range: () => holder.range},
    },
    cursor: {y: false, drag: {x: false, y: false, setScale: false}, points: {size: 6}},
    series: [{}, line, threshold],
    hooks: {setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)]},
  };
}

// `onPoint` is told the index of the point that the pointer is over, or null.
export function makeChart(onPoint) {
  const node = element('div', {class: 'chart', role: 'img'});
  const holder = {bad: false, range: [0, 1]};

  return {
    node,
    // `threshold` may be undefined. `highest`: of the scale, which begins at 0.
    update({times, values, threshold, highest, bad, sentence}) {
      node.setAttribute('aria-label', sentence);
      holder.bad = bad;
      holder.range = [0, highest];
      const line = threshold === undefined || threshold > highest ? null : threshold;
      const data = [times, values, times.map(() => line)];
      if (node.chart === undefined) {
        const width = Math.round(node.clientWidth) || 132;
        node.chart = new uPlot(options(width, holder, onPoint), data, node);
        charts.add(node.chart);
        sizes.observe(node);
      } else {
        node.chart.setData(data);
      }
    },
    destroy() {
      sizes.unobserve(node);
      charts.delete(node.chart);
      node.chart?.destroy();
      node.chart = undefined;
    },
  };
}
