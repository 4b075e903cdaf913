// Hands alerts to the daemon. What it needs stands in the environment:
//   HITWATCH_URL                       https://cache-watch.example:9121
//   HITWATCH_USER, HITWATCH_PASSWORD   of a user in its web.config_file
// An error is thrown unless all were taken, so that the provider tries again.
export async function post_alerts(alerts, environment = process.env) {
  if (!alerts.length) return 0;
  const {HITWATCH_URL: url, HITWATCH_USER: user, HITWATCH_PASSWORD: password} = environment;
  if (!url) throw new Error('HITWATCH_URL is not set');
  const headers = {'Content-Type': 'application/json'};
  if (user) headers.Authorization = `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  const answer = await fetch(new URL('api/v2/alerts', url.endsWith('/') ? url : `${url}/`), {
    method: 'POST', headers, body: JSON.stringify(alerts), signal: AbortSignal.timeout(10_000),
    redirect: 'error',
  });
  const said = (await answer.text()).slice(0, 500);
  if (answer.status !== 200) throw new Error(`hitwatch answers ${answer.status}: ${said}`);
  return alerts.length;
}
