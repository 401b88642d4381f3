// The pieces of the page that the server renders again. A page has some of them: an element with data-fragment is one.
// data-query is what its address needs, and data-zone says that it has days, in which zone.

import { at, getHtml } from './api.js';
import { announce } from './announce.js';
import { morph } from './morph.js';
import { localise, zone } from './times.js';

const preparing = [];
const running = new Map();

/** Registers a function that prepares a piece before it is shown: `prepare(fresh, old)`. */
export function beforeShown(prepare) {
  preparing.push(prepare);
}

/** The current piece. */
export const fragment = name => document.querySelector(`[data-fragment="${name}"]`);

// Once a second is enough: a flood of notifications must not become a flood of requests.
const pause = 1000;
const patience = 5000;
const startedAt = new Map();
const retries = new Map();

/**
 * Fetches a piece again and shows what has changed. Calls during a fetch cause one more fetch after it.
 * @param {string} name such as incidents, telegram, scripts, notifications or desktop
 */
export function refresh(name) {
  // Another page shows it.
  if (!fragment(name)) return Promise.resolve(false);
  const turn = running.get(name);
  if (turn) {
    turn.again ??= turn.done.then(() => {
      running.delete(name);
      return refresh(name);
    });
    return turn.again;
  }
  const mine = { again: null };
  mine.done = fetchAndShow(name).finally(() => {
    if (!mine.again) running.delete(name);
  });
  running.set(name, mine);
  return mine.done;
}

/** Refreshes what shows notifications. */
export const refreshNotifications = () => Promise.all(['latest', 'notifications', 'notification'].map(refresh));

/** Refreshes what shows scripts. */
export const refreshScripts = () => Promise.all(['scripts', 'script', 'overview'].map(refresh)).then(shown => shown.some(Boolean));

export const refreshAll = () => Promise.all([refresh('incidents'), refresh('telegram'), refreshScripts(), refreshNotifications()]);

// Loads late pieces, and those whose days are not the reader's.
export const refreshLate = () => {
  for (const piece of document.querySelectorAll('[data-zone]')) {
    if (piece.dataset.zone && zone().name && piece.dataset.zone !== zone().name) refresh(piece.dataset.fragment);
  }
  for (const piece of document.querySelectorAll('[data-late]')) refresh(piece.dataset.fragment);
  for (const piece of document.querySelectorAll('[data-fragment]')) retryTrouble(piece);
};

function query({ dataset }) {
  const fields = new URLSearchParams(dataset.query ?? '');
  if (dataset.zone !== undefined) {
    fields.set('zone', zone().name);
    fields.set('offset', zone().offset);
  }
  return fields.size ? `?${fields}` : '';
}

async function fetchAndShow(name) {
  const wait = (startedAt.get(name) ?? -pause) + pause - performance.now();
  if (wait > 0) await new Promise(resolve => { setTimeout(resolve, wait); });
  startedAt.set(name, performance.now());
  const asked = fragment(name);
  if (!asked) return false;
  const html = await getHtml(at(`/fragments/${name}${query(asked)}`));
  const old = fragment(name);
  if (html === null) retryLater(name);
  if (html === null || !old) return false;
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector(`[data-fragment="${name}"]`);
  if (!fresh) return false;
  localise(fresh);
  for (const prepare of preparing) prepare(fresh, old);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const { announce: said } = old.dataset;
  morph(old, fresh);
  keepFocus(old, focused);
  if (old.dataset.announce && old.dataset.announce !== said) announce(old.dataset.announce);
  retryTrouble(old);
  return true;
}

// A card with a problem: nobody tells the page when a hanging bot recovers.
function retryTrouble(piece) {
  if (piece.querySelector('[data-retry]')) retryLater(piece.dataset.fragment);
}

// Visible pages retry what is not available now.
function retryLater(name) {
  if (retries.has(name)) return;
  retries.set(name, setTimeout(() => {
    retries.delete(name);
    if (!document.hidden && document.documentElement.dataset.live !== 'over') refresh(name);
  }, patience));
}

function keepFocus(piece, focused) {
  if (!focused || document.activeElement === focused) return;
  const same = focused.id && document.getElementById(focused.id);
  // The focused element is gone, probably a pressed button. Its card's heading is the nearest sensible place.
  (same && !same.disabled ? same : piece.querySelector('h2'))?.focus({ preventScroll: true });
}
