// Where things stand: Grafana's grid of 24 columns, with every row opened.
const columns = 24;
const cellHeight = 30;
const gap = 8;

// Rows and panels as [{panel, x, y, w, h}] in cells, those of collapsed rows below their row.
function opened(dashboard) {
  const placed = [];
  let lower = 0; // by how much what follows a row that was opened has moved
  for (const panel of dashboard.panels ?? []) {
    const {x, y, w, h} = panel.gridPos;
    placed.push({panel, x, y: y + lower, w, h});
    const inner = panel.type === 'row' && panel.collapsed ? panel.panels ?? [] : [];
    if (!inner.length) continue;
    const top = Math.min(...inner.map(({gridPos}) => gridPos.y));
    const bottom = Math.max(...inner.map(({gridPos}) => gridPos.y + gridPos.h));
    for (const one of inner) {
      placed.push({panel: one, x: one.gridPos.x, y: y + lower + h + one.gridPos.y - top, w: one.gridPos.w,
                   h: one.gridPos.h});
    }
    lower += bottom - top;
  }
  return placed;
}

// [{panel, left, top, width, height}] in pixels, and the height of all.
export function layoutOf(dashboard, width) {
  const column = (width - gap * (columns - 1)) / columns;
  const across = (cells) => cells * column + (cells - 1) * gap;
  const down = (cells) => cells * cellHeight + (cells - 1) * gap;
  const places = opened(dashboard).map(({panel, x, y, w, h}) => ({
    panel,
    left: Math.round(x * (column + gap)),
    top: y * (cellHeight + gap),
    width: Math.round(across(w)),
    height: down(h),
  }));
  return {places, height: Math.max(0, ...places.map(({top, height}) => top + height))};
}
