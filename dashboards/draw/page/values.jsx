// Panels of single values: Grafana's own stat and bar gauge, and a gauge, which the package does not
// export: an arc in the colours of its thresholds.
import {VizOrientation, getDisplayValueAlignmentFactors, getFieldDisplayValues}
  from '@grafana/data';
import {BarGauge, BarGaugeDisplayMode, BigValue, BigValueColorMode, BigValueGraphMode, VizRepeater} from '@grafana/ui';

function valuesOf(panel, data, setup, sparkline) {
  return getFieldDisplayValues({
    data: data.frames,
    fieldConfig: data.fieldConfig,
    reduceOptions: {calcs: ['lastNotNull'], ...panel.options?.reduceOptions},
    replaceVariables: data.replaceVariables,
    theme: setup.theme,
    sparkline,
    timeZone: 'browser',
  });
}

function repeated({panel, data, width, height, values, orientation, render, autoGrid, spacing = 10}) {
  return (
    <VizRepeater getValues={() => values} getAlignmentFactors={getDisplayValueAlignmentFactors}
                 renderValue={render} width={width} height={height} source={data} itemSpacing={spacing}
                 autoGrid={autoGrid} renderCounter={0} minVizHeight={panel.options?.minVizHeight ?? 16}
                 maxVizHeight={panel.options?.maxVizHeight ?? 300} minVizWidth={8}
                 orientation={orientation ?? VizOrientation.Auto} />
  );
}

export function Stat({panel, data, width, height, setup}) {
  const options = {graphMode: BigValueGraphMode.Area, colorMode: BigValueColorMode.Value,
                   justifyMode: 'auto', textMode: 'auto', wideLayout: true, ...panel.options};
  const values = valuesOf(panel, data, setup, options.graphMode !== 'none');
  const render = ({value, width: w, height: h, alignmentFactors, count}) => (
    <BigValue value={value.display} count={count} sparkline={value.sparkline} colorMode={options.colorMode}
              graphMode={options.graphMode} justifyMode={options.justifyMode} textMode={options.textMode}
              wideLayout={options.wideLayout} alignmentFactors={alignmentFactors} text={options.text}
              width={w} height={h} theme={setup.theme} />
  );
  return repeated({panel, data, width, height, values, orientation: options.orientation, render,
                   autoGrid: true});
}

export function Bars({panel, data, width, height, setup}) {
  const options = {displayMode: BarGaugeDisplayMode.Gradient, showUnfilled: true, valueMode: 'color',
                   namePlacement: 'auto', ...panel.options};
  const values = valuesOf(panel, data, setup, false);
  const render = ({value, width: w, height: h, alignmentFactors, orientation}) => (
    <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex)}
              width={w} height={h} orientation={orientation} theme={setup.theme} itemSpacing={10} lcdCellWidth={12}
              displayMode={options.displayMode} alignmentFactors={alignmentFactors} text={options.text}
              showUnfilled={options.showUnfilled} valueDisplayMode={options.valueMode}
              namePlacement={options.namePlacement} />
  );
  return repeated({panel, data, width, height, values, orientation: options.orientation, render});
}

// From lower left over the top to lower right, in degrees from the right, clockwise.
const arcStart = 160;
const arcEnd = 380;

function arc(radius, from, to) {
  const at = (angle) => {
    const radians = angle * Math.PI / 180;
    return `${(radius * Math.cos(radians)).toFixed(2)} ${(radius * Math.sin(radians)).toFixed(2)}`;
  };
  return `M ${at(from)} A ${radius} ${radius} 0 ${to - from > 180 ? 1 : 0} 1 ${at(to)}`;
}

function Dial({value, width, height, theme}) {
  const {field, display} = value;
  const least = field.min ?? 0;
  const most = field.max ?? 100;
  const share = Math.min(1, Math.max(0, (display.numeric - least) / (most - least || 1)));
  const radius = 100;
  const text = `${display.prefix ?? ''}${display.text}${display.suffix ?? ''}`;
  return (
    <svg width={width} height={height} viewBox="-125 -120 250 190">
      <path d={arc(radius, arcStart, arcEnd)} fill="none" strokeWidth={22}
            stroke={theme.colors.background.secondary} />
      <path d={arc(radius, arcStart, arcStart + Math.max(0.5, share * (arcEnd - arcStart)))} fill="none"
            strokeWidth={22} stroke={display.color} />
      <text x="0" y="14" textAnchor="middle" fontSize="42" fontWeight="500" fill={display.color}>{text}</text>
      <text x="0" y="56" textAnchor="middle" fontSize="18" fill={theme.colors.text.secondary}>{display.title}</text>
    </svg>
  );
}

export function Gauge({panel, data, width, height, setup}) {
  const values = valuesOf(panel, data, setup, false);
  const render = ({value, width: w, height: h}) => <Dial value={value} width={w} height={h} theme={setup.theme} />;
  return repeated({panel, data, width, height, values, orientation: panel.options?.orientation, render,
                   autoGrid: true});
}

