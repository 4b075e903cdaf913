// A graph of lines: Grafana's own, with what its panel draws over it: annotations and exemplars.
import {useLayoutEffect} from 'react';
import {EventBusSrv} from '@grafana/data';
import {PanelContextProvider, TimeSeries} from '@grafana/ui';

const markWidth = 1.5;

// Dashed lines from top to bottom, with a triangle at their foot.
function drawMarks(plot, marks) {
  const {ctx, bbox} = plot;
  const ratio = devicePixelRatio;
  for (const {time, color} of marks) {
    const x = Math.round(plot.valToPos(time, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const bottom = bbox.top + bbox.height;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = color;
    ctx.lineWidth = markWidth * ratio;
    ctx.setLineDash([5 * ratio, 5 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x, bottom);
    ctx.lineTo(x - 4 * ratio, bottom + 5 * ratio);
    ctx.lineTo(x + 4 * ratio, bottom + 5 * ratio);
    ctx.fill();
    ctx.restore();
  }
}

// A diamond where each exemplar is.
function drawExemplars(plot, exemplars, color) {
  const {ctx, bbox} = plot;
  const size = 4 * devicePixelRatio;
  const scale = Object.keys(plot.scales).find((name) => name !== 'x');
  if (!scale) return;
  for (const {time, value} of exemplars) {
    const x = plot.valToPos(time, 'x', true);
    const y = Math.max(bbox.top, plot.valToPos(value, scale, true));
    if (x < bbox.left || x > bbox.left + bbox.width || y > bbox.top + bbox.height) continue;
    ctx.save();
    ctx.fillStyle = color;
    ctx.translate(x, y);
    ctx.rotate(Math.PI / 4);
    ctx.fillRect(-size / 2, -size / 2, size, size);
    ctx.restore();
  }
}

function Over({config, marks, exemplars, theme}) {
  useLayoutEffect(() => {
    config.addHook('draw', (plot) => {
      drawMarks(plot, marks);
      drawExemplars(plot, exemplars, theme.visualization.getColorByName('blue'));
    });
  }, [config]);
  return null;
}

// Nobody listens, but the graph wants to tell somebody where the pointer is.
const context = {eventBus: new EventBusSrv(), eventsScope: 'panel'};

export function Graph({panel, data, width, height, setup, marks}) {
  const legend = {showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [],
                  ...panel.options?.legend};
  return (
    <PanelContextProvider value={context}>
      <TimeSeries frames={data.frames} structureRev={1} theme={setup.theme} timeZone="browser"
                  timeRange={setup.timeRange} width={width} height={height} legend={legend}
                  options={panel.options}>
        {(config) => <Over config={config} marks={marks} exemplars={data.exemplars} theme={setup.theme} />}
      </TimeSeries>
    </PanelContextProvider>
  );
}
