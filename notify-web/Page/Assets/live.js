// Server-sent events tell which piece of the page has changed.

import { at, session } from './api.js';
import { announce } from './announce.js';
import { refresh, refreshAll, refreshNotifications, refreshScripts } from './fragments.js';

let source = null;
let wasLost = false;
let isOver = false;

const show = (id, isShown) => {
  const banner = document.getElementById(id);
  if (banner) banner.hidden = !isShown;
};

function open() {
  if (source || isOver) return;
  // Starts at the page's rendering, not at the stream's start, to miss nothing in between.
  const position = document.querySelector('meta[name="notify-position"]')?.content;
  source = new EventSource(at('/api/events' + (position && !wasLost ? `?from=${encodeURIComponent(position)}` : '')));
  source.addEventListener('open', () => {
    show('lost', false);
    document.documentElement.dataset.live = 'yes';
    // Events in between were missed.
    if (wasLost) refreshAll();
    wasLost = false;
  });
  source.addEventListener('link', () => refresh('telegram'));
  source.addEventListener('notification', () => {
    refresh('incidents');
    refreshNotifications();
    refreshScripts();
  });
  source.addEventListener('scripts', () => {
    refreshScripts();
    // A mute keeps an incident off the phone.
    refresh('incidents');
  });
  source.addEventListener('refresh', () => refreshAll());
  source.addEventListener('error', () => {
    wasLost = true;
    document.documentElement.dataset.live = 'no';
    show('lost', !isOver);
    // The browser retries after a broken connection, but not after a refusal.
    if (source?.readyState === EventSource.CLOSED) {
      close();
      refresh('telegram').then(() => setTimeout(() => { if (!document.hidden) open(); }, 10000));
    }
  });
}

function close() {
  source?.close();
  source = null;
}

export function startLive() {
  session.addEventListener('over', () => {
    if (isOver) return;
    isOver = true;
    document.documentElement.dataset.live = 'over';
    close();
    show('lost', false);
    show('signed-out', true);
    announce('You are signed out. Sign in again to continue.');
  });
  // A browser has six connections to a server. Hidden pages must not hold them all.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      close();
      wasLost = true;
    } else {
      open();
    }
  });
  // A person who comes back from a terminal or a phone sees what they did there.
  window.addEventListener('focus', () => refreshAll());
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', event => {
    if (event.persisted) {
      wasLost = true;
      open();
    }
  });
  open();
}
