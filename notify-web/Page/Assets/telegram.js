// Linking and unlinking a phone.

import { at, getHtml, post, whatToDo } from './api.js';
import { announce } from './announce.js';
import { fragment, refresh } from './fragments.js';
import { localise, zone } from './times.js';

const $ = id => document.getElementById(id);
const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('notify-one-tap-link') : null;
const onPhone = matchMedia('not all and (pointer: fine)');

let initialOffer = null;
let expiry = 0;
let saidZone = '';

function say(id, text) {
  const place = $(id);
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

async function sendCode(form) {
  const input = $('code');
  const button = $('code-send');
  const code = input.value.trim();
  say('code-problem', '');
  input.removeAttribute('aria-invalid');
  if (!code) {
    say('code-problem', 'Type the six digits that the bot sent you.');
    input.focus();
    return;
  }
  button.disabled = true;
  button.textContent = 'Linking…';
  const answer = await post(at('/api/telegram/verify'), { code });
  button.disabled = false;
  button.textContent = 'Link';
  if (answer.ok) {
    form.reset();
    await refresh('telegram');
    return;
  }
  say('code-problem', whatToDo(answer));
  input.setAttribute('aria-invalid', 'true');
  input.focus();
  input.select();
  if (answer.status === 429 && answer.retryAfter) {
    // The button comes back later; until then the server would refuse a press.
    button.disabled = true;
    setTimeout(() => {
      button.disabled = false;
      say('code-problem', '');
    }, answer.retryAfter * 1000);
  }
}

// A one-tap link lives ten minutes, and a new one ends the earlier one. So it is created only on request, and removed when it expires or another tab
// creates one: anybody who scans it gets this user's notifications. On a phone nobody scans a code, so it is created at once, for one tap.
async function makeOffer(isAsked) {
  const place = $('offer');
  const button = $('offer-make');
  if (!place || (!button && isAsked)) return;
  say('offer-problem', '');
  if (button) button.disabled = true;
  const answer = await post(at('/fragments/one-tap-link'));
  if (!$('offer')) return;
  if (!answer.ok) {
    if (button) button.disabled = false;
    if (isAsked) say('offer-problem', whatToDo(answer));
    return;
  }
  const offer = new DOMParser().parseFromString(answer.text, 'text/html').querySelector('.offer');
  localise(offer);
  offer.querySelector('details').open = !onPhone.matches;
  initialOffer ??= [...place.children].map(child => child.cloneNode(true));
  place.replaceChildren(offer);
  if (isAsked) {
    $('offer-open').focus();
    announce('Your one-tap link is ready.');
  }
  tabs?.postMessage('made');
  clearTimeout(expiry);
  expiry = setTimeout(takeOfferAway, Math.max(0, Number(offer.dataset.expires) - Date.now() - 5000));
}

function takeOfferAway() {
  clearTimeout(expiry);
  const place = $('offer');
  if (!place || !place.querySelector('.offer')) return;
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...initialOffer.map(child => child.cloneNode(true)));
  $('offer-make').disabled = false;
  if (hadFocus) $('offer-make').focus();
  offerOnPhone();
}

function offerOnPhone() {
  if (onPhone.matches && !document.hidden && $('offer') && !$('offer').querySelector('.offer')) makeOffer(false);
}

async function unlink() {
  const button = $('unlink-do');
  say('unlink-problem', '');
  button.disabled = true;
  const answer = await post(at('/api/telegram/unlink'));
  button.disabled = false;
  // 400: already done in the chat or in another tab.
  if (!answer.ok && answer.status !== 400) {
    say('unlink-problem', whatToDo(answer));
    return;
  }
  $('unlink')?.close();
  await refresh('telegram');
  fragment('telegram').querySelector('h2').focus();
}

// The chat uses the zone of the last opened page. Sent once for each zone, so two pages in two zones do not alternate.
async function sayZone() {
  if (!fragment('telegram')) return;
  const { state, timezone } = fragment('telegram').dataset;
  const mine = zone().name;
  if (state !== 'Linked' || !mine || saidZone === mine) return;
  saidZone = mine;
  if (timezone !== mine) await post(at('/api/telegram/timezone'), { timezone: mine });
}

export function startTelegram() {
  document.addEventListener('submit', event => {
    if (event.target.id !== 'code-form') return;
    event.preventDefault();
    sendCode(event.target);
  });
  document.addEventListener('click', event => {
    if (event.target.closest('[data-offer]')) makeOffer(true);
    else if (event.target.closest('#unlink-ask')) {
      say('unlink-problem', '');
      $('unlink').showModal();
    } else if (event.target.closest('#unlink-do')) unlink();
  });
  tabs?.addEventListener('message', () => {
    // Another tab has created a link, so this one is invalid. Not created again, or two phones' pages would alternate for ever.
    if (!$('offer')?.querySelector('.offer')) return;
    clearTimeout(expiry);
    $('offer').replaceChildren(...initialOffer.map(child => child.cloneNode(true)));
    $('offer-make').disabled = false;
  });
  document.addEventListener('visibilitychange', offerOnPhone);
  offerOnPhone();
  sayZone();
  if (!fragment('telegram')) return;
  new MutationObserver(() => {
    offerOnPhone();
    sayZone();
  }).observe(fragment('telegram'), { attributes: true, attributeFilter: ['data-state'] });
}
