// Calls the dashboard's server.

import { clockIn } from './times.js';

const meta = name => document.querySelector(`meta[name="${name}"]`)?.content ?? '';

/** An address of this dashboard, which may be under a path of its server. */
export const at = path => meta('notify-base') + path;

/** Called once when the session has ended. */
export const session = new EventTarget();

/**
 * Posts an action with the page's token.
 * @param {string} address where
 * @param {object} [body] what, as JSON
 * @param {string} [method] another one than POST
 * @returns {Promise<{ok: boolean, status: number, body: object, text: string, error: string, retryAfter: number|null}>}
 *   `error` is a sentence for people; `retryAfter` are seconds.
 */
export async function post(address, body, method = 'POST') {
  let response;
  try {
    response = await fetch(address, {
      method,
      headers: { 'X-Notify-Token': meta('notify-token'), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'error',
    });
  } catch {
    return { ok: false, status: 0, body: {}, text: '', error: 'The dashboard can’t be reached. Check your connection, then try again.', retryAfter: null };
  }
  if (response.status === 401) session.dispatchEvent(new Event('over'));
  const text = await response.text().catch(() => '');
  let json = {};
  try {
    json = JSON.parse(text);
  } catch {
    // An HTML answer, or none.
  }
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return {
    ok: response.ok,
    status: response.status,
    body: json,
    text,
    error: response.ok ? '' : json?.error ?? `The dashboard answered with status ${response.status}. Reload the page and try again.`,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  };
}

/** The sentence of a refusal, with the time to retry if the server gives one. */
export const whatToDo = answer => answer.retryAfter ? `${answer.error} That is at ${clockIn(answer.retryAfter)}.` : answer.error;

/**
 * Fetches a piece of the page.
 * @returns {Promise<string|null>} its HTML; null if it is not available now
 */
export async function getHtml(address) {
  try {
    const response = await fetch(address, { redirect: 'manual' });
    if (response.status === 401 || response.type === 'opaqueredirect') session.dispatchEvent(new Event('over'));
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
