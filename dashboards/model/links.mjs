// Where a dashboard's links lead: those at its top, of its panels and of columns in their tables.
import {panelsOf} from './panels.mjs';

// {place, title, url}, with the variables still in `url`; `place` names the panel.
export function addressesOf(dashboard) {
  const found = (dashboard.links ?? []).filter(({type}) => type === 'link')
    .map(({title, url}) => ({place: 'at the top', title, url}));
  for (const {panel} of panelsOf(dashboard)) {
    const {defaults = {}, overrides = []} = panel.fieldConfig ?? {};
    const lists = [panel.links, defaults.links, ...overrides.flatMap(({properties}) =>
      properties.filter(({id}) => id === 'links').map(({value}) => value))];
    for (const {title, url} of lists.flatMap((list) => list ?? [])) {
      found.push({place: panel.title, title, url});
    }
  }
  return found;
}
