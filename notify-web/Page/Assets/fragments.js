// The pieces of the page that the server renders anew: telegram, scripts, notifications, desktop.

import { at, getHtml } from './api.js';
import { announce } from './announce.js';
import { morph } from './morph.js';
import { localise, zone } from './times.js';

const preparing = [];
const running = new Map();

/** Registers what has to be done to a piece before it is shown: `prepare(fresh, old)`. */
export function beforeShown(prepare) {
  preparing.push(prepare);
}

/** The piece as it is now. */
export const fragment = name => document.querySelector(`[data-fragment="${name}"]`);

// Once a second is live enough; a flood of notifications must not become a flood of requests.
const pause = 1000;
const patience = 5000;
const startedAt = new Map();
const retries = new Map();

/**
 * Fetches a piece anew and shows what has changed. Calls while one is under way are answered by one more after it.
 * @param {string} name telegram, scripts, notifications or desktop
 */
export function refresh(name) {
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

export const refreshAll = () => Promise.all(['telegram', 'scripts', 'notifications'].map(refresh));

// What the page did not wait for, and days of the server's that the reader has others of.
export const refreshLate = () => {
  for (const piece of document.querySelectorAll('[data-zone]')) {
    if (piece.querySelector('.plot') && zone().name && piece.dataset.zone !== zone().name) refresh(piece.dataset.fragment);
  }
  for (const piece of document.querySelectorAll('[data-late]')) refresh(piece.dataset.fragment);
  for (const piece of document.querySelectorAll('[data-fragment]')) retryTrouble(piece);
};

// How many to show, and whose days.
function query(name) {
  if (name !== 'notifications') return '';
  const mine = zone();
  return `?${new URLSearchParams({ show: fragment(name)?.dataset.show ?? '', zone: mine.name, offset: mine.offset })}`;
}

async function fetchAndShow(name) {
  const wait = (startedAt.get(name) ?? -pause) + pause - performance.now();
  if (wait > 0) await new Promise(resolve => { setTimeout(resolve, wait); });
  startedAt.set(name, performance.now());
  const html = await getHtml(at(`/fragments/${name}${query(name)}`));
  const old = fragment(name);
  if (html === null) retryLater(name);
  if (html === null || !old) return false;
  const fresh = new DOMParser().parseFromString(html, 'text/html').querySelector(`[data-fragment="${name}"]`);
  if (!fresh) return false;
  localise(fresh);
  for (const prepare of preparing) prepare(fresh, old);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const said = old.dataset.announce;
  morph(old, fresh);
  keepFocus(old, focused);
  if (old.dataset.announce && old.dataset.announce !== said) announce(old.dataset.announce);
  retryTrouble(old);
  return true;
}

// A card that says what is wrong: nobody tells the page when a bot that hung goes on.
function retryTrouble(piece) {
  if (piece.querySelector('[data-retry]')) retryLater(piece.dataset.fragment);
}

// What can't be had now is asked for again, by pages that somebody looks at.
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
  // What had it is gone, a button that was pressed most likely: its card's heading is the nearest place that makes sense.
  (same && !same.disabled ? same : piece.querySelector('h2'))?.focus({ preventScroll: true });
}
