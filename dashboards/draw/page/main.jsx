// Draws one dashboard with Grafana's own components. The page around it calls
//
//   drawDashboard({dashboard, server, from, to, theme, width, scrape, least})
//
// with the URL of what answers queries, the time range in seconds, 'dark' or 'light', the width of the
// page, the data source's interval and the least distance of points. It gives, once all is drawn,
// [{title, empty, error}] of the panels.
import {createRoot} from 'react-dom/client';
import {ThemeContext, createTheme, dateTime} from '@grafana/data';
import {GlobalStyles} from '@grafana/ui';
import {initPluginTranslations} from '@grafana/i18n';

import {annotationsOf, questionOf, variableQuery} from '../../model/panels.mjs';
import {options, query} from '../../model/query_api.mjs';
import {allOf, builtIn, fillIn, oneOf, optionsOf} from '../../model/variables.mjs';
import {dataOf} from './data.mjs';
import {setUp} from './field_config.mjs';
import {Head, RowHead} from './head.jsx';
import {layoutOf} from './layout.mjs';
import {Panel, hasFigures, isKnown} from './panels.jsx';

const margin = 16;

// The value each variable has when the dashboard is opened, or the one that is drawn instead.
async function choose(dashboard, setup) {
  for (const variable of dashboard.templating?.list ?? []) {
    if (variable.type === 'datasource') continue;
    const current = setup.instead[variable.name] ?? variable.current?.value;
    const given = current !== undefined && current !== '' && ![current].flat().includes('$__all');
    if (variable.type !== 'query') {
      setup.chosen[variable.name] = oneOf(variable, given ? current : variable.query);
      continue;
    }
    const asked = questionOf(setup.fill(variableQuery(variable)));
    const found = optionsOf(variable, await options(setup.server, asked, setup));
    if (given) setup.chosen[variable.name] = oneOf(variable, current);
    else if (variable.includeAll) setup.chosen[variable.name] = {...allOf(variable, found), all: true};
    else setup.chosen[variable.name] = oneOf(variable, found[0] ?? '');
  }
}

// When the annotations begin: [{time, color}], in milliseconds.
async function marksOf(dashboard, setup) {
  const step = setup.least;
  const found = await Promise.all(annotationsOf(dashboard).map(async ({expr, color}) => {
    const answer = await query(setup.server, 'range', setup.fill(expr), {...setup, step});
    return answer.map(({values}) => values[0][0]).filter((time) => time > setup.from + 2 * step)
      .map((time) => ({time: time * 1000, color: setup.theme.visualization.getColorByName(color ?? 'red')}));
  }));
  return found.flat();
}

async function preparePanel(place, setup) {
  const {panel} = place;
  const report = {title: panel.title, empty: false};
  try {
    if (!isKnown(panel)) throw new Error(`nothing draws panels of type '${panel.type}'`);
    const data = await dataOf(panel, place.width, setup);
    report.empty = data.empty && hasFigures(panel);
    return {...place, data, report};
  } catch (error) {
    report.error = String(error.message ?? error);
    return {...place, report};
  }
}

function Page({dashboard, panels, rows, height, setup, marks}) {
  const place = ({left, top, width, height: h}) => ({position: 'absolute', left, top, width, height: h});
  return (
    <ThemeContext.Provider value={setup.theme}>
      <GlobalStyles />
      <div id="dashboard" style={{padding: margin, background: setup.theme.colors.background.canvas}}>
        <Head dashboard={dashboard} setup={setup} />
        <div style={{position: 'relative', height}}>
          {rows.map((row) => (
            <div key={row.panel.id} style={place(row)}>
              <RowHead panel={row.panel} setup={setup} height={row.height} />
            </div>
          ))}
          {panels.filter(({data}) => data).map((panel) => (
            <div key={panel.panel.id} style={place(panel)}>
              <Panel panel={panel.panel} data={panel.data} width={panel.width} height={panel.height}
                     setup={setup} marks={marks} />
            </div>
          ))}
        </div>
      </div>
    </ThemeContext.Provider>
  );
}

async function settled(frames) {
  for (let frame = 0; frame < frames; ++frame) await new Promise(requestAnimationFrame);
}

window.drawDashboard = async ({dashboard, server, from, to, theme: mode, width, scrape, least,
                                instead}) => {
  await initPluginTranslations('grafana');
  setUp();
  const theme = createTheme({colors: {mode}});
  const setup = {server, from, to, theme, scrape, least, instead, chosen: {}};
  const own = builtIn({from, to, step: least, scrape});
  setup.fill = (text) => fillIn(text, setup.chosen, own);
  const [first, last] = [from, to].map((seconds) => dateTime(seconds * 1000));
  setup.timeRange = {from: first, to: last, raw: {from: first, to: last}};
  document.body.style.background = theme.colors.background.canvas;

  await choose(dashboard, setup);
  const marks = await marksOf(dashboard, setup);
  const {places, height} = layoutOf(dashboard, width - 2 * margin);
  const rows = places.filter(({panel}) => panel.type === 'row');
  const panels = await Promise.all(places.filter(({panel}) => panel.type !== 'row')
    .map((place) => preparePanel(place, setup)));
  createRoot(document.getElementById('root'))
    .render(<Page dashboard={dashboard} panels={panels} rows={rows} height={height} setup={setup} marks={marks} />);
  await document.fonts.ready;
  await settled(10);
  return panels.map(({report}) => report);
};
