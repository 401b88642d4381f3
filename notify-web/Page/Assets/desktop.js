// The Desktop card: notifications of this browser, and devices with their own tokens.

import { at, getHtml, post } from './api.js';
import { announce } from './announce.js';
import { refresh } from './fragments.js';
import { startGateway } from './gateway.js';

const $ = id => document.getElementById(id);
const isPossible = 'Notification' in window;
const isAllowed = () => isPossible && Notification.permission === 'granted';

let revoking = null;

function say(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function showPermission() {
  const state = $('desktop-browser-state');
  if (!state) return;
  $('desktop-allow').hidden = !isPossible || Notification.permission !== 'default';
  state.textContent = isAllowed() ? 'New notifications appear on this desktop while this page is open, also in the background.'
    : isPossible && Notification.permission === 'denied' ? 'This page shows new notifications as they arrive. Your browser blocks them on the desktop; change that in its settings for this page.'
    : 'This page shows new notifications as they arrive.';
}

/** The message without markup, as the server renders it; a desktop shows a few lines. */
async function plain({ id, message }) {
  let text = $(`n-${id}-text`);
  if (!text) {
    const html = await getHtml(at('/fragments/latest'));
    text = html === null ? null : new DOMParser().parseFromString(html, 'text/html').getElementById(`n-${id}-text`);
  }
  return (text?.textContent ?? message ?? '').trim().slice(0, 300);
}

/** Removes bidi and invisible characters. */
const seen = text => text.replace(/(?![\u200c\u200d])\p{Cf}/gu, '');

async function showOnDesktop(notification) {
  // A visible page shows it already.
  if (!isAllowed() || (document.visibilityState === 'visible' && document.hasFocus())) return;
  const text = await plain(notification);
  // The tag makes several open pages show it once.
  const shown = new Notification(seen(notification.title ?? notification.script ?? document.title), { body: seen(text), tag: notification.id });
  shown.addEventListener('click', () => {
    window.focus();
    const item = $(`n-${notification.id}`);
    if (item) item.scrollIntoView();
    else location.assign(at(`/notifications/${notification.id}`));
    shown.close();
  });
}

async function add(form) {
  const input = $('device-name');
  say('device-problem', '');
  if (!input.value.trim()) {
    say('device-problem', 'Give the device a name, such as laptop.');
    input.focus();
    return;
  }
  $('device-add').disabled = true;
  const answer = await post(at('/api/desktop/token'), { device: input.value.trim() });
  $('device-add').disabled = false;
  if (!answer.ok) {
    say('device-problem', answer.error);
    input.focus();
    return;
  }
  form.reset();
  $('device-token').textContent = answer.body.token;
  $('device-made').hidden = false;
  announce('Here is the token. It is shown once.');
  await refresh('desktop');
  $('device-token-copy').focus();
}

async function revoke() {
  $('revoke-do').disabled = true;
  const answer = await post(at(`/api/desktop/token?id=${encodeURIComponent(revoking)}`), undefined, 'DELETE');
  $('revoke-do').disabled = false;
  if (!answer.ok && answer.status !== 404) {
    say('revoke-problem', answer.error);
    return;
  }
  $('revoke').close();
  announce(answer.body.cut === false ? 'Revoked. The gateway does not answer at the moment; the dashboard keeps trying to tell it.' : 'Revoked. The device is cut off.');
  await refresh('desktop');
  $('desktop-title').focus();
}

export function startDesktop() {
  showPermission();
  startGateway(showOnDesktop, isAllowed);
  document.addEventListener('submit', event => {
    if (event.target.id !== 'device-form') return;
    event.preventDefault();
    add(event.target);
  });
  document.addEventListener('click', async event => {
    const ask = event.target.closest('[data-revoke]');
    if (ask) {
      revoking = ask.dataset.revoke;
      say('revoke-problem', '');
      $('revoke-text').textContent = `${$(`device-${revoking}-name`).textContent} no longer shows your notifications.`;
      $('revoke').showModal();
    } else if (event.target.id === 'revoke-do') revoke();
    else if (event.target.id === 'device-done') {
      $('device-token').textContent = '';
      $('device-made').hidden = true;
      $('desktop-title').focus();
    } else if (event.target.id === 'desktop-allow') {
      await Notification.requestPermission();
      showPermission();
    }
  });
}
