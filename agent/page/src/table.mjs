// A table whose rows stay the same elements while their content changes, sorted by the column whose
// header is pressed. Roles are written out: where the page is narrow, rows are laid out as cards,
// and browsers forget what a table is when its parts are displayed as something else.
import {element, setChildren, setText} from './dom.mjs';

// Rows by a value of theirs; those without one come last, whichever way.
export function sorted(rows, valueOf, descending) {
  const sign = descending ? -1 : 1;
  return rows.map((row, at) => ({row, at, value: valueOf(row)}))
      .sort((a, b) => {
        const missing = (a.value === null || a.value === undefined) -
            (b.value === null || b.value === undefined);
        if (missing !== 0) return missing;
        if (a.value === b.value || a.value === null || a.value === undefined) return a.at - b.at;
        const order =
            typeof a.value === 'string' ? a.value.localeCompare(b.value) : a.value - b.value;
        return sign * order || a.at - b.at;
      })
      .map(({row}) => row);
}

// A cell that shows a text of its row.
export function textCell(textOf) {
  const node = element('span', {});
  return {node, update: (row) => setText(node, textOf(row))};
}

// Columns: { key, title, sort: row → number or text, class, cell: () → { node, update(row),
// destroy() } }, where `sort` and `destroy` may be missing. `by` is the key of the column that
// sorts at first, `descending` how. Rows need an `id`.
export function makeTable({caption, columns, by, descending = true, className = ''}) {
  let order = {by, descending};
  let rows = [];
  const shown = new Map();  // id → { node, cells }

  const heads = columns.map((column) => {
    const head = element('th', {scope: 'col', role: 'columnheader', class: column.class});
    if (column.sort === undefined) {
      head.append(element('span', {}, column.title));
      return head;
    }
    head.append(element('button', {type: 'button', onclick: () => sortBy(column)}, column.title));
    return head;
  });
  const body = element('tbody', {role: 'rowgroup'});
  const node = element(
      'table', {role: 'table', class: className}, element('caption', {class: 'unseen'}, caption),
      element('thead', {role: 'rowgroup'}, element('tr', {role: 'row'}, ...heads)), body);

  function sortBy(column) {
    // The first press shows what is usually looked for: most, slowest, latest; names from A.
    const first = rows.length === 0 || typeof column.sort(rows[0]) !== 'string';
    order = {by: column.key, descending: order.by === column.key ? !order.descending : first};
    arrange();
  }

  function arrange() {
    const column = columns.find(({key}) => key === order.by);
    columns.forEach(({key, sort}, i) => {
      if (sort === undefined) return;
      const now = order.descending ? 'descending' : 'ascending';
      heads[i].setAttribute('aria-sort', key === order.by ? now : 'none');
    });
    const arranged = column === undefined ? rows : sorted(rows, column.sort, order.descending);
    setChildren(body, ...arranged.map((row) => shown.get(row.id).node));
  }

  function makeRow() {
    const cells = columns.map((column) => column.cell());
    const parts = columns.map(
        (column, i) => element(
            'td', {role: 'cell', class: column.class, 'data-title': column.title}, cells[i].node));
    return {node: element('tr', {role: 'row'}, ...parts), cells};
  }

  return {
    node,
    update(latest) {
      rows = latest;
      const ids = new Set(rows.map(({id}) => id));
      for (const [id, {cells}] of [...shown]) {
        if (ids.has(id)) continue;
        for (const cell of cells) cell.destroy?.();
        shown.delete(id);
      }
      for (const row of rows) {
        if (!shown.has(row.id)) shown.set(row.id, makeRow());
        for (const cell of shown.get(row.id).cells) cell.update(row);
      }
      arrange();
    },
  };
}
