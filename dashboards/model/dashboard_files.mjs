// The dashboards as they are shipped.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const dashboardFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const others = ['package.json', 'package-lock.json', 'may_be_empty.json'];

// [{file, dashboard}], of one folder.
export function readDashboards(folder) {
  const found = readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !others.includes(file))
    .sort()
    .map((file) => ({file, dashboard: JSON.parse(readFileSync(path.join(folder, file), 'utf8'))}));
  if (!found.length) throw new Error(`there are no dashboards in ${folder}`);
  return found;
}

// [{dashboard, panel, query, reason}]: what has nothing to show in the demonstration, and why; all of
// the panel where no `query` is named.
export function readMayBeEmpty(folder) {
  for (const file of ['src/may_be_empty.json', 'may_be_empty.json']) {
    try {
      return JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return [];
}
