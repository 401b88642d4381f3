// Running and muting scripts.

import { at, post, whatToDo } from './api.js';
import { announce } from './announce.js';
import { beforeShown, refreshNotifications, refreshScripts } from './fragments.js';
import { words } from './times.js';

// Results of runs from this page, by script. The list shows the last run, wherever it was started.
const results = new Map();

function describe(name, answer) {
  if (!answer.ok) return { isBad: true, text: answer.status === 401 ? 'It did not run: you are signed out.' : whatToDo(answer), lines: '' };
  const [sentence, ...lines] = (answer.body.error ?? '').split('\n');
  const { channels } = answer.body;
  // A script can fail after its result.
  const sent = text => ({ isBad: sentence !== '', text: sentence === '' ? text : `${text} The script failed after that: ${sentence}`, lines: lines.join('\n') });
  switch (answer.body.outcome) {
    case 'delivered': return sent(channels?.telegram ? 'Delivered to your phone.' : 'The notification is on the page Notifications. No phone is linked.');
    case 'queued': return sent(
      channels?.telegram === 'muted' ? `Muted, because ${row(name)?.querySelector('[data-unmute]') ? 'the script is' : 'all your notifications are'} muted. The notification is on the page Notifications.` : 'Queued. The bot delivers it when Telegram takes it.',
    );
    case 'no_alert': return { isBad: false, text: 'It ran: no alert.', lines: '' };
    case 'already_running': return { isBad: false, text: 'It is already running. Its result appears when it has finished.', lines: '' };
    default: return { isBad: true, text: sentence || 'It failed.', lines: lines.join('\n') };
  }
}

function showResult(place, result) {
  place.replaceChildren();
  place.classList.toggle('bad', Boolean(result?.isBad));
  if (!result) return;
  const line = document.createElement('p');
  line.textContent = `Your run at ${words(result.at, 'clock', result.at)}: ${result.text}`;
  place.append(line);
  if (result.lines) {
    const lines = document.createElement('pre');
    lines.tabIndex = 0;
    lines.textContent = result.lines;
    place.append(lines);
  }
}

// What shows a script: a row of the list, or the head of its page.
const rows = root => [...root.querySelectorAll(':is(li, section)[data-script]')];

const row = name => rows(document).find(item => item.dataset.script === name);

// The element of its state in words.
const stateOf = item => item.querySelector('.facts .state, .sentence .state');

// Returns the undo, in case the server can't be asked for the script's state.
function showRunning(item) {
  const button = item.querySelector('[data-run]');
  const before = [button.textContent, stateOf(item).className, stateOf(item).textContent];
  button.textContent = 'Running…';
  // Not disabled, which would take the focus away.
  button.setAttribute('aria-disabled', 'true');
  const state = stateOf(item);
  state.className = 'state busy';
  state.textContent = 'Running';
  return () => {
    button.textContent = before[0];
    button.removeAttribute('aria-disabled');
    [, state.className, state.textContent] = before;
  };
}

async function run(name) {
  if (results.get(name)?.isRunning) return;
  results.set(name, { isRunning: true });
  const item = row(name);
  showResult(item.querySelector('[data-result]'), null);
  const takeBack = showRunning(item);
  announce(`${name} is running.`);
  const answer = await post(at(`/api/scripts/${encodeURIComponent(name)}/run`));
  const result = { ...describe(name, answer), at: new Date() };
  results.set(name, result);
  const [isShown] = await Promise.all([refreshScripts(), refreshNotifications()]);
  if (!isShown) takeBack();
  const shown = row(name);
  const gone = document.getElementById('scripts-gone');
  if (shown) showResult(shown.querySelector('[data-result]'), result);
  // Its row is gone: the file was removed or renamed.
  if (gone) {
    gone.hidden = Boolean(shown);
    gone.textContent = shown ? '' : `${name}: ${result.text}`;
  }
  announce(`${name}: ${result.text}`);
}

// Minutes to the reader's next nine o'clock.
function toNine() {
  const [now, nine] = [new Date(), new Date()];
  nine.setHours(9, 0, 0, 0);
  if (nine <= now) nine.setDate(nine.getDate() + 1);
  return `${Math.ceil((nine - now) / 60000)}m`;
}

async function mute(button, wanted) {
  const length = wanted === '9:00' ? toNine() : wanted;
  const name = button.dataset.script;
  button.closest('details')?.removeAttribute('open');
  const answer = await post(at(`/api/scripts/${encodeURIComponent(name)}/mute`), { for: length });
  if (!answer.ok) {
    const result = { isBad: true, text: whatToDo(answer), lines: '', at: new Date() };
    results.set(name, result);
    showResult(row(name).querySelector('[data-result]'), result);
    announce(answer.error);
    return;
  }
  await refreshScripts();
  announce(length === null ? `${name} is no longer muted.` : `${name} is muted.`);
  // The pressed button is gone; its opposite is in its place.
  const shown = row(name);
  (shown?.querySelector('.menu summary') ?? shown?.querySelector('[data-unmute]'))?.focus();
}

// Cron's rounds report their end only by a notification, so the page checks often during a run, else rarely.
function watch() {
  const isCrons = rows(document).some(item => item.querySelector('.state.busy') && !results.get(item.dataset.script)?.isRunning);
  setTimeout(async () => {
    if (!document.hidden && document.documentElement.dataset.live !== 'over') await refreshScripts();
    watch();
  }, isCrons ? 5000 : 60000);
}

export function startScripts() {
  watch();
  // A person who saved a script in a terminal comes back to find it here.
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refreshScripts(); });
  beforeShown(fresh => {
    for (const item of rows(fresh)) {
      const result = results.get(item.dataset.script);
      if (result?.isRunning) showRunning(item);
      else if (result) showResult(item.querySelector('[data-result]'), result);
    }
  });
  document.addEventListener('click', event => {
    const { target } = event;
    const runs = target.closest('[data-run]');
    const mutes = target.closest('[data-mute]');
    const unmutes = target.closest('[data-unmute]');
    // Without scripts these buttons send a form.
    if (runs || mutes || unmutes) event.preventDefault();
    if (runs && runs.getAttribute('aria-disabled') !== 'true') run(runs.dataset.run);
    else if (mutes) mute(mutes, mutes.dataset.mute);
    else if (unmutes) mute(unmutes, null);
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(target)) menu.open = false;
    }
  });
  document.addEventListener('keydown', event => {
    const menu = event.key === 'Escape' && event.target.closest('details.menu[open]');
    if (!menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
  document.addEventListener('focusout', event => {
    const menu = event.target.closest?.('details.menu[open]');
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
