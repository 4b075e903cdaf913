// Asks the daemon. Addresses are relative, so that the page also works below a path of a reverse
// proxy.

// Why there is no answer: `kind` is "away" (no answer at all), "denied" (401, 403), "missing" (404)
// or "refused" (the rest), the message a sentence.
export class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.name = 'Failure';
    this.kind = kind;
  }
}

const kPatience = 20_000;

function kindOf(status) {
  if (status === 401 || status === 403) return 'denied';
  return status === 404 ? 'missing' : 'refused';
}

async function failureOf(response) {
  let said = '';
  try {
    said = (await response.json()).error ?? '';
  } catch {
    // Not every refusal is JSON; its status says enough.
  }
  return new Failure(
      kindOf(response.status),
      `hitwatch answered with the status ${response.status}${said === '' ? '' : `: ${said}`}`);
}

// What `data` of the answer holds.
export async function get(path, parameters = {}, signal = undefined) {
  const query = new URLSearchParams(parameters).toString();
  const patience = AbortSignal.timeout(kPatience);
  const abort = new AbortController();
  for (const other of [patience, signal]) {
    other?.addEventListener('abort', () => abort.abort(), {once: true});
  }
  if (signal?.aborted) abort.abort();
  let response;
  try {
    response = await fetch(query === '' ? path : `${path}?${query}`, {
      signal: abort.signal,
      cache: 'no-store',
      headers: {Accept: 'application/json'},
    });
    if (response.ok) return (await response.json()).data;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(
        'away',
        patience.aborted ? 'hitwatch did not answer within 20 s' : 'hitwatch does not answer');
  }
  throw await failureOf(response);
}
