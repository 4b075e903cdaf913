// The links of the dashboards to pages of the daemon, followed.
import {addressesOf} from '../../dashboards/model/links.mjs';
import {fillIn, oneOf} from '../../dashboards/model/variables.mjs';

const variable = 'hitwatch'; // where the daemon is, for a browser

// The alerts that a click may be about: those that come with hitwatch, which has a runbook for each.
async function alertNames(web) {
  const {data} = await (await fetch(`${web}/api/v1/rules?type=alert`)).json();
  return data.groups.flatMap(({rules}) => rules)
    .filter(({annotations}) => annotations.runbook_url?.includes('/runbooks/'))
    .map(({name}) => name);
}

// What is wrong with the page at `url`: those that it leads to are followed as well.
async function complaintsAbout(url, seen) {
  const page = new URL(url).origin + new URL(url).pathname + new URL(url).search;
  if (seen.has(page)) return [];
  seen.add(page);
  const answer = await fetch(page);
  const text = await answer.text();
  if (answer.status !== 200) return [`${page}: ${answer.status} ${text.slice(0, 80)}`];
  if (!(answer.headers.get('content-type') ?? '').startsWith('text/html')) return [];
  const complaints = [];
  for (const [, href] of text.matchAll(/\shref="([^"#][^"]*)"/g)) {
    const next = new URL(href.replaceAll('&amp;', '&'), answer.url);
    if (next.origin !== new URL(page).origin) continue;
    complaints.push(...(await complaintsAbout(next.href, seen)).map((what) => `${page} > ${what}`));
  }
  return complaints;
}

// Follows all that lead to the daemon, with its address `web` for the variable, those that name an alert
// with each of those alerts. {followed, complaints}.
export async function followLinks(dashboards, web) {
  const alerts = await alertNames(web);
  const seen = new Set();
  const complaints = alerts.length ? [] : ['no alert of the daemon has a runbook'];
  for (const dashboard of dashboards) {
    const given = dashboard.templating.list.find(({name}) => name === variable);
    for (const {place, title, url} of addressesOf(dashboard)) {
      if (!url.startsWith(`\${${variable}:`)) continue;
      const where = `${dashboard.title} / ${place} / ${title}`;
      if (!given?.query) complaints.push(`${where}: $${variable} has no address`);
      const filled = fillIn(url, {[variable]: oneOf(given ?? {}, web)}, {});
      const named = /\$\{(__value\.text|__field\.labels\.alertname)\}/;
      for (const alert of named.test(filled) ? alerts : ['']) {
        const address = filled.replace(named, encodeURIComponent(alert));
        if (address.includes('$')) complaints.push(`${where}: ${address} has a variable left`);
        complaints.push(...(await complaintsAbout(address, seen)).map((what) => `${where}: ${what}`));
      }
    }
  }
  return {followed: seen.size, complaints};
}
