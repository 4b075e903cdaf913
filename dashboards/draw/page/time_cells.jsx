// Panels that @grafana/ui does not export, drawn here in Grafana's colours: heatmaps and state
// timelines. Both are rows of cells over time.
import * as chromatic from 'd3-scale-chromatic';
import {useLayoutEffect, useRef} from 'react';
import {FieldType, dateTimeFormat, getDisplayProcessor, getFieldDisplayName} from '@grafana/data';

const axisHeight = 22;
const legendHeight = 30;
const fontOf = (theme) => `12px ${theme.typography.fontFamily}`;

// A canvas as sharp as the screen; `draw(ctx)` gets it empty.
function Canvas({width, height, draw}) {
  const ref = useRef(null);
  useLayoutEffect(() => {
    const canvas = ref.current;
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    const ctx = canvas.getContext('2d');
    ctx.scale(devicePixelRatio, devicePixelRatio);
    draw(ctx);
  });
  return <canvas ref={ref} style={{width, height}} />;
}

// The series as [{name, field, times, values}].
function rowsOf(frames) {
  return frames.flatMap((frame) => {
    const time = frame.fields.find(({type}) => type === FieldType.time);
    return frame.fields.filter(({type}) => type !== FieldType.time).map((field) => ({
      name: getFieldDisplayName(field, frame, frames), field, times: time.values, values: field.values,
    }));
  });
}

// Distances of times on the axis, in seconds.
const tickSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600];

function drawTimes(ctx, {left, right, y, from, to, theme}) {
  const step = tickSteps.find((seconds) => (to - from) / seconds * 80 < right - left) ?? tickSteps.at(-1);
  ctx.font = fontOf(theme);
  ctx.fillStyle = theme.colors.text.secondary;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
    const x = left + (time - from) / (to - from) * (right - left);
    if (x < left + 30 || x > right - 30) continue;
    ctx.fillText(dateTimeFormat(time * 1000, {format: step < 60 ? 'HH:mm:ss' : 'HH:mm'}), x, y);
  }
}

const widestName = 170;

// Cut off at its end where it is too long.
function fitted(ctx, name) {
  if (ctx.measureText(name).width <= widestName) return name;
  let length = name.length;
  while (length > 1 && ctx.measureText(`${name.slice(0, length)}…`).width > widestName) --length;
  return `${name.slice(0, length)}…`;
}

// Names on the left; gives the width they take.
function drawNames(ctx, allNames, {top, rowHeight, theme}) {
  ctx.font = fontOf(theme);
  const names = allNames.map((name) => fitted(ctx, name));
  const width = Math.max(0, ...names.map((name) => ctx.measureText(name).width)) + 10;
  const every = Math.ceil(14 / rowHeight);
  ctx.fillStyle = theme.colors.text.secondary;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  names.forEach((name, row) => {
    if (row % every === 0) ctx.fillText(name, width - 8, top + (row + 0.5) * rowHeight);
  });
  return width;
}

// The colours of a heatmap: a share of 0 to 1 becomes a colour.
function scaleOf(options, theme) {
  const color = {mode: 'scheme', scheme: 'Oranges', steps: 64, ...options?.color};
  if (color.mode === 'opacity') {
    const fill = theme.visualization.getColorByName(color.fill ?? 'dark-orange');
    const exponent = color.scale === 'linear' ? 1 : color.exponent ?? 0.5;
    return (share) => `color-mix(in srgb, ${fill} ${Math.round(share ** exponent * 100)}%, transparent)`;
  }
  const interpolate = chromatic[`interpolate${color.scheme}`] ?? chromatic.interpolateOranges;
  // As in Grafana, schemes go from dark to light on a dark page.
  const turned = Boolean(color.reverse) !== (theme.isDark && !/^(RdYlGn|RdYlBu|Spectral|Turbo)$/.test(color.scheme));
  return (share) => {
    const stepped = Math.round(share * (color.steps - 1)) / (color.steps - 1);
    return interpolate(turned ? 1 - stepped : stepped);
  };
}

const boundOf = (name) => (name === '+Inf' ? Infinity : Number(name));

// Buckets that count what is below them, as Prometheus has them, become what is in each.
function singleBuckets(rows) {
  const sorted = rows.sort((one, other) => boundOf(one.name) - boundOf(other.name));
  return sorted.map((row, at) => ({
    ...row,
    values: row.values.map((value, index) => {
      if (at === 0) return value;
      const below = sorted[at - 1];
      return value - (below.values[below.times.indexOf(row.times[index])] ?? 0);
    }),
  }));
}

// Without the empty rows above and below all others.
function withoutMargins(rows) {
  const filled = rows.map(({values}) => values.some((value) => value > 0));
  return rows.slice(Math.max(0, filled.indexOf(true) - 1), filled.lastIndexOf(true) + 2);
}

function drawLegend(ctx, {left, y, scale, least, most, display, theme}) {
  const width = 220;
  for (let x = 0; x < width; ++x) {
    ctx.fillStyle = scale(x / (width - 1));
    ctx.fillRect(left + x, y, 1.5, 8);
  }
  ctx.fillStyle = theme.colors.text.secondary;
  ctx.font = fontOf(theme);
  ctx.textBaseline = 'top';
  for (const [share, align] of [[0, 'left'], [0.5, 'center'], [1, 'right']]) {
    const {prefix = '', text, suffix = ''} = display(least + share * (most - least));
    ctx.textAlign = align;
    ctx.fillText(`${prefix}${text}${suffix}`, left + share * width, y + 11);
  }
}

export function Heatmap({panel, data, width, height, setup}) {
  const {theme, from, to} = setup;
  let rows = rowsOf(data.frames);
  const buckets = rows.length > 1 && rows.every(({name}) => !Number.isNaN(boundOf(name)));
  rows = buckets ? withoutMargins(singleBuckets(rows)) : rows;
  const field = rows[0].field;
  const hideBelow = panel.options?.filterValues?.le ?? (buckets ? 1e-9 : -Infinity);
  const numbers = rows.flatMap(({values}) => values).filter((value) => Number.isFinite(value) && value > hideBelow);
  const least = panel.options?.color?.min ?? (buckets ? 0 : field.config.min ?? Math.min(...numbers));
  const most = panel.options?.color?.max ?? (buckets ? Math.max(...numbers) : field.config.max ?? Math.max(...numbers));
  const scale = scaleOf(panel.options, theme);
  // A cell of buckets is a number of what the axis measures.
  const display = buckets ? getDisplayProcessor({field: {config: {unit: 'short', decimals: 0}, type: FieldType.number}, theme})
                          : field.display;
  const axis = panel.options?.yAxis?.unit ? panel.options.yAxis : undefined;
  const nameOf = ({name, field: own}) => {
    const bound = boundOf(name);
    if (!buckets || !Number.isFinite(bound)) return name;
    const unit = axis?.unit ?? own.config.unit;
    return unit === 's' ? (bound < 1 ? `${+(bound * 1000).toPrecision(3)} ms` : `${bound} s`) : name;
  };
  const draw = (ctx) => {
    ctx.clearRect(0, 0, width, height);
    const bottom = height - axisHeight - legendHeight;
    const shown = [...rows].reverse(); // the first is at the bottom
    const rowHeight = bottom / shown.length;
    const left = drawNames(ctx, shown.map(nameOf), {top: 0, rowHeight, theme});
    const across = (time) => left + (time / 1000 - from) / (to - from) * (width - left);
    const space = buckets ? 0 : 1;
    shown.forEach(({times, values}, row) => {
      times.forEach((time, index) => {
        if (!Number.isFinite(values[index]) || values[index] <= hideBelow) return;
        const [begin, end] = [time - data.step * 1000, time].map((edge) => Math.round(Math.max(left, across(edge))));
        ctx.fillStyle = scale(Math.min(1, Math.max(0, (values[index] - least) / (most - least || 1))));
        const [above, below] = [row * rowHeight + space, (row + 1) * rowHeight - space].map(Math.round);
        ctx.fillRect(begin, above, end - begin, below - above);
      });
    });
    drawTimes(ctx, {left, right: width, y: bottom + 6, from, to, theme});
    drawLegend(ctx, {left, y: height - legendHeight + 6, scale, least, most, display, theme});
  };
  return <Canvas width={width} height={height} draw={draw} />;
}

export function StateTimeline({panel, data, width, height, setup}) {
  const {theme, from, to} = setup;
  const rows = rowsOf(data.frames);
  const share = panel.options?.rowHeight ?? 0.9;
  const draw = (ctx) => {
    ctx.clearRect(0, 0, width, height);
    const bottom = height - axisHeight;
    const rowHeight = bottom / rows.length;
    const left = drawNames(ctx, rows.map(({name}) => name), {top: 0, rowHeight, theme});
    const across = (time) => left + Math.min(1, Math.max(0, (time / 1000 - from) / (to - from))) * (width - left);
    rows.forEach(({field, times, values}, row) => {
      for (let begin = 0; begin < times.length;) {
        let end = begin + 1;
        while (end < times.length && values[end] === values[begin]) ++end;
        const value = values[begin];
        if (value !== null && value !== undefined) {
          const {color, text, prefix = '', suffix = ''} = field.display(value);
          const [x, y] = [across(times[begin]), (row + (1 - share) / 2) * rowHeight];
          const until = across(times[end] ?? times[end - 1] + data.step * 1000);
          ctx.globalAlpha = (panel.fieldConfig?.defaults?.custom?.fillOpacity ?? 70) / 100;
          ctx.fillStyle = color;
          ctx.fillRect(x, y, until - x, rowHeight * share);
          ctx.globalAlpha = 1;
          ctx.font = fontOf(theme);
          const written = `${prefix}${text}${suffix}`;
          if (panel.options?.showValue !== 'never' && ctx.measureText(written).width < until - x - 8) {
            ctx.fillStyle = theme.colors.text.primary;
            ctx.textAlign = 'left';
            ctx.textBaseline = 'middle';
            ctx.fillText(written, x + 6, y + rowHeight * share / 2);
          }
        }
        begin = end;
      }
    });
    drawTimes(ctx, {left, right: width, y: bottom + 6, from, to, theme});
  };
  return <Canvas width={width} height={height} draw={draw} />;
}
