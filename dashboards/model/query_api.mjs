// Asks what speaks Prometheus' query API: a Prometheus or the daemon. In Node.js and in a browser.

// The answer's `data`; rejects with what the server says of a query it refuses.
async function ask(base, path, parameters) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== undefined) body.append(name, one);
  }
  let answer;
  for (let attempt = 0;; ++attempt) {
    answer = await fetch(`${base}${path}?${body}`);
    // Too many at once: what anybody does then is to wait.
    if (answer.status !== 503 || attempt === 20) break;
    await new Promise((done) => setTimeout(done, 250));
  }
  const text = await answer.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${answer.status}: ${text.slice(0, 200)}`);
  }
  if (json.status !== 'success') throw new Error(json.error ?? text.slice(0, 200));
  return json.data;
}

// Series as [{metric, values: [[time, text], …]}], of an instant query too.
export async function query(base, kind, expr, {from, to, step}) {
  const data = kind === 'instant'
      ? await ask(base, '/api/v1/query', {query: expr, time: to})
      : await ask(base, '/api/v1/query_range', {query: expr, start: from, end: to, step});
  if (data.resultType === 'scalar') return [{metric: {}, values: [data.result]}];
  if (data.resultType === 'string') throw new Error('the result is a text');
  return data.result.map(({metric, value, values}) => ({metric, values: values ?? [value]}));
}

export function exemplars(base, expr, {from, to}) {
  return ask(base, '/api/v1/query_exemplars', {query: expr, start: from, end: to});
}

// The options of a query variable, by what questionOf() made of it.
export async function options(base, question, {from, to}) {
  const when = {start: from, end: to};
  if (question.label !== undefined) {
    return ask(base, `/api/v1/label/${question.label}/values`, {...when, 'match[]': question.match});
  }
  if (question.metrics !== undefined) {
    const names = await ask(base, '/api/v1/label/__name__/values', when);
    const pattern = new RegExp(question.metrics);
    return names.filter((name) => pattern.test(name));
  }
  const series = await query(base, 'instant', question.expr, {to});
  return series.map(({metric, values}) => {
    const {__name__: name = '', ...labels} = metric;
    const inner = Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(',');
    return `${name}{${inner}} ${values.at(-1)[1]} ${values.at(-1)[0] * 1000}`;
  });
}
