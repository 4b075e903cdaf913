// All that a dashboard asks of its data source, as questions with the variables still in them.
import {annotationsOf, panelsOf, queriesOf, questionOf, variableQuery}
  from '../../dashboards/model/panels.mjs';

// {dashboard, place, refId, kind, text, exemplar}: `kind` is 'instant', 'range' or 'options'; `place`
// names the panel, annotation or variable. `mark`: it need not have data.
export function questionsOf(dashboard) {
  const name = dashboard.title;
  const questions = [];
  for (const {panel} of panelsOf(dashboard)) {
    for (const query of queriesOf(panel)) {
      for (const kind of query.kinds) {
        questions.push({dashboard: name, place: panel.title, refId: query.refId, kind, text: query.expr,
                        exemplar: query.exemplar, panel});
      }
    }
  }
  for (const annotation of annotationsOf(dashboard)) {
    questions.push({dashboard: name, place: `annotation ${annotation.name}`, refId: 'A', kind: 'range',
                    text: annotation.expr, mark: true});
  }
  for (const variable of variablesOf(dashboard)) {
    questions.push({dashboard: name, place: `variable ${variable.name}`, refId: 'A', kind: 'options',
                    text: variableQuery(variable), variable});
  }
  return questions;
}

// Those whose options come from the data source.
export function variablesOf(dashboard) {
  return (dashboard.templating?.list ?? []).filter((variable) => variable.type === 'query');
}

// The names of those of `variables` that stand in a text.
export function usedIn(text, variables) {
  return variables.filter(({name}) =>
    new RegExp(`\\$${name}(?!\\w)|\\$\\{${name}[:.}]|\\[\\[${name}[:\\]]`).test(text));
}

export const labelOf = ({dashboard, place, refId}) => `${dashboard} / ${place} / ${refId}`;

export {questionOf};
