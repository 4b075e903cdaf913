// A panel: its frame, and what its type draws inside.
import {renderTextPanelMarkdown} from '@grafana/data';
import {PanelChrome} from '@grafana/ui';
import {TableNG} from '@grafana/ui/unstable';

import {Graph} from './graph.jsx';
import {Heatmap, StateTimeline} from './time_cells.jsx';
import {Bars, Gauge, Stat} from './values.jsx';

function Table({panel, data, width, height, setup}) {
  const frame = data.frames[panel.options?.frameIndex ?? 0] ?? data.frames[0];
  return (
    <TableNG data={frame} width={width} height={height} noHeader={panel.options?.showHeader === false}
             sortBy={panel.options?.sortBy} cellHeight={panel.options?.cellHeight ?? 'sm'}
             timeRange={setup.timeRange} structureRev={1} enableVirtualization={false}
             fieldConfig={panel.fieldConfig} />
  );
}

function Text({panel, data, setup, height}) {
  const {mode = 'markdown', content = ''} = panel.options ?? {};
  const text = data.replaceVariables(content);
  const html = mode === 'markdown' ? renderTextPanelMarkdown(text) : text;
  return <div className="markdown-html" style={{height, overflow: 'hidden', color: setup.theme.colors.text.primary}}
              dangerouslySetInnerHTML={{__html: html}} />;
}

function Nothing({panel, height, setup}) {
  return (
    <div style={{height, display: 'flex', alignItems: 'center', justifyContent: 'center',
                 color: setup.theme.colors.text.secondary}}>
      {panel.fieldConfig?.defaults?.noValue ?? 'No data'}
    </div>
  );
}

const types = {
  timeseries: Graph, stat: Stat, bargauge: Bars, gauge: Gauge, table: Table, text: Text, heatmap: Heatmap,
  'state-timeline': StateTimeline,
};
export const isKnown = ({type}) => type in types;
export const hasFigures = ({type}) => type !== 'text';

export function Panel({panel, data, width, height, setup, marks}) {
  const Inner = data.empty && hasFigures(panel) ? Nothing : types[panel.type];
  const title = data.replaceVariables(panel.title ?? '');
  // Grafana gives these the whole frame.
  const padding = panel.type === 'table' ? 'none' : 'md';
  return (
    <PanelChrome title={title} description={panel.description} width={width} height={height} padding={padding}
                 displayMode={panel.transparent ? 'transparent' : 'default'} hoverHeader={title === ''}>
      {(innerWidth, innerHeight) => (
        <Inner panel={panel} data={data} width={innerWidth} height={innerHeight} setup={setup} marks={marks} />
      )}
    </PanelChrome>
  );
}

