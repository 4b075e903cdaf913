// What a panel shows: the answers to its queries as Grafana's data frames, transformed and with the
// options of their fields applied.
import {FieldType, applyFieldOverrides, cacheFieldDisplayNames, toDataFrame, transformDataFrame} from '@grafana/data';
import {firstValueFrom} from 'rxjs';

import {queriesOf} from '../../model/panels.mjs';
import {exemplars, query} from '../../model/query_api.mjs';
import {builtIn, fillIn, secondsOf, stepOf} from '../../model/variables.mjs';
import {fieldOptions} from './field_config.mjs';

const number = (text) => Number(text.replace('Inf', 'Infinity'));

// `{{label}}` of a legend.
const legendOf = (legend, metric) =>
  legend.replace(/\{\{\s*([^}]+?)\s*\}\}/g, (_, label) => metric[label] ?? '');

// Each series a frame, with null where a step has no point.
function seriesFrames(asked, answer, when) {
  return answer.map(({metric, values}) => {
    const {legend, refId, kind} = asked;
    const named = legend !== '' && legend !== '__auto';
    const times = [];
    const numbers = [];
    let expected = values[0][0];
    for (const [time, text] of values) {
      if (kind === 'range' && time > expected + when.step / 2) {
        times.push(expected * 1000);
        numbers.push(null);
      }
      times.push(time * 1000);
      numbers.push(number(text));
      expected = time + when.step;
    }
    const {__name__: name, ...labels} = metric;
    const shown = named ? legendOf(legend, metric)
                        : Object.keys(metric).length === 0 ? asked.text : undefined;
    return toDataFrame({
      refId,
      name: shown,
      meta: {type: kind === 'range' ? 'timeseries-multi' : 'numeric-multi'},
      fields: [
        {name: 'Time', type: FieldType.time, values: times, config: {interval: when.step * 1000}},
        {name: name ?? 'Value', type: FieldType.number, values: numbers, labels,
         config: shown === undefined ? {} : {displayNameFromDS: shown}},
      ],
    });
  });
}

// All series as one frame with a column for each label.
function tableFrame({refId}, answer, several) {
  const labels = [...new Set(answer.flatMap(({metric}) => Object.keys(metric)))].sort();
  const rows = answer.flatMap(({metric, values}) => values.map(([time, text]) => ({metric, time, text})));
  return toDataFrame({
    refId,
    fields: [
      {name: 'Time', type: FieldType.time, values: rows.map(({time}) => time * 1000)},
      ...labels.map((label) => ({
        name: label, type: FieldType.string, config: {filterable: true},
        values: rows.map(({metric}) => metric[label] ?? ''),
      })),
      {name: several ? `Value #${refId}` : 'Value', type: FieldType.number,
       values: rows.map(({text}) => number(text))},
    ],
  });
}

// What the exemplars of a query point at: [{time, value, labels}], in milliseconds.
async function exemplarsOf(asked, setup) {
  if (!asked.exemplar) return [];
  const answer = await exemplars(setup.server, asked.text, setup);
  return answer.flatMap(({exemplars: found}) => found).map(({labels, value, timestamp}) =>
    ({time: timestamp * 1000, value: Number(value), labels}));
}

// A graph has gaps where there is no number, as Grafana's panel makes them.
function graphable(frames) {
  const finite = (values) => values.map((value) => (Number.isFinite(value) ? value : null));
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      (field.type === FieldType.number ? {...field, values: finite(field.values)} : field)),
  }));
}

// The panel's frames and exemplars. `setup` has {server, from, to, chosen, scrape, theme}.
export async function dataOf(panel, width, setup) {
  const queries = queriesOf(panel);
  const several = queries.length > 1;
  const least = Math.max(setup.least, secondsOf(panel.interval) ?? 0);
  const when = {from: setup.from, to: setup.to,
                step: stepOf(setup.to - setup.from, Math.min(width, panel.maxDataPoints ?? width), least)};
  // Points at multiples of the step, as Grafana aligns them.
  when.from = Math.floor(when.from / when.step) * when.step;
  const own = builtIn({...when, to: setup.to, scrape: secondsOf(panel.interval) ?? setup.scrape});
  const replaceVariables = (text, more) => {
    const further = Object.fromEntries(Object.entries(more ?? {}).map(([name, {value}]) => [name, value]));
    return fillIn(text ?? '', setup.chosen, {...own, ...further});
  };
  const answers = await Promise.all(queries.flatMap((asked) => asked.kinds.map(async (kind) => {
    const text = replaceVariables(asked.expr);
    const answer = await query(setup.server, kind, text, {...when, to: kind === 'instant' ? setup.to : when.to});
    const filled = {...asked, text, kind};
    return {
      frames: asked.format === 'table' ? [tableFrame(filled, answer, several)]
                                       : seriesFrames(filled, answer, when),
      exemplars: kind === 'range' ? await exemplarsOf(filled, setup) : [],
    };
  })));
  const raw = answers.flatMap(({frames}) => frames);
  const steps = (panel.transformations ?? []).filter(({disabled}) => !disabled);
  const transformed = steps.length
      ? await firstValueFrom(transformDataFrame(steps, raw, {interpolate: replaceVariables})) : raw;
  const options = fieldOptions(panel, setup.theme, replaceVariables);
  const shown = panel.type === 'timeseries' ? graphable(transformed) : transformed;
  const frames = applyFieldOverrides({...options, data: shown});
  cacheFieldDisplayNames(frames); // tables read what is remembered
  return {
    frames,
    fieldConfig: options.fieldConfig,
    exemplars: answers.flatMap(({exemplars: found}) => found),
    empty: !raw.some(({fields}) => fields.some(({type, values}) =>
      type === FieldType.number && values.some(Number.isFinite))),
    replaceVariables,
    step: when.step,
  };
}
