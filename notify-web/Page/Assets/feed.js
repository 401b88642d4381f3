// Notifications: folds long ones, enlarges charts, announces new ones and holds them back while somebody reads.

import { announce } from './announce.js';
import { beforeShown, refresh } from './fragments.js';

const unfolded = new Set();

function fold(root) {
  for (const text of root.querySelectorAll('.message.long')) {
    const isOpen = unfolded.has(text.id);
    text.classList.toggle('folded', !isOpen);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'unfold';
    button.id = `${text.id}-unfold`;
    button.dataset.unfold = text.id;
    button.setAttribute('aria-expanded', String(isOpen));
    button.textContent = isOpen ? 'Show less' : 'Show all';
    text.after(button);
  }
}

function toggle(button) {
  const text = document.getElementById(button.dataset.unfold);
  const isOpen = !unfolded.delete(text.id);
  if (isOpen) unfolded.add(text.id);
  text.classList.toggle('folded', !isOpen);
  button.setAttribute('aria-expanded', String(isOpen));
  button.textContent = isOpen ? 'Show less' : 'Show all';
}

// New notifications announce themselves and move nothing. They come when the reader asks for them.
let isAsked = false;

function holdBack(fresh, old) {
  const shown = [...old.querySelectorAll('.notification')];
  const known = new Set(shown.map(item => item.id));
  const items = [...fresh.querySelectorAll('.notification')];
  const first = items.findIndex(item => known.has(item.id));
  const held = first < 0 ? items : items.slice(0, first);
  if (isAsked || !shown.length) {
    sayNews(0);
    return;
  }
  for (const item of held) {
    const day = item.closest('.day');
    item.remove();
    if (!day.querySelector('.notification')) day.remove();
  }
  // As many have left the end of the page. They stay as long as it is read.
  const left = new Set(items.map(item => item.id));
  for (const item of held.length ? shown.slice(-held.length) : []) {
    if (!left.has(item.id)) placeOf(item, fresh)?.append(item.cloneNode(true));
  }
  sayNews(held.length);
}

function placeOf(item, fresh) {
  const day = item.closest('.day');
  const same = fresh.querySelector(`#${day.id} ol`);
  if (same) return same;
  const copy = day.cloneNode(true);
  copy.querySelector('ol').replaceChildren();
  fresh.querySelector('.days')?.append(copy);
  return copy.querySelector('ol');
}

function sayNews(count) {
  const place = document.getElementById('news');
  if (!place) return;
  place.hidden = count === 0;
  place.querySelector('button').textContent = `${count} new`;
}

async function showNews() {
  isAsked = true;
  await refresh('notifications');
  isAsked = false;
  document.querySelector('#notifications .notification')?.focus();
}

function enlarge(link) {
  const picture = document.getElementById('picture');
  const image = document.getElementById('picture-image');
  image.src = link.href;
  image.alt = link.querySelector('img').alt;
  document.getElementById('picture-title').textContent = image.alt;
  picture.showModal();
}

export function startFeed() {
  fold(document);
  beforeShown((fresh, old) => {
    if (!['latest', 'notifications', 'notification'].includes(fresh.dataset.fragment)) return;
    fold(fresh);
    if (!fresh.dataset.newest || fresh.dataset.newest === old.dataset.newest) return;
    const known = new Set([...old.querySelectorAll('.notification')].map(item => item.id));
    if (known.has(`n-${fresh.dataset.newest}`)) return;
    for (const item of fresh.querySelectorAll('.notification')) {
      if (known.has(item.id)) break;
      item.classList.add('fresh');
    }
    announce(`New notification: ${fresh.dataset.newestName}`);
  });
  beforeShown((fresh, old) => {
    if (fresh.dataset.fragment === 'notifications' && !('late' in old.dataset)) holdBack(fresh, old);
  });
  document.addEventListener('click', event => {
    const unfolds = event.target.closest('[data-unfold]');
    const chart = event.target.closest('[data-chart]');
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (unfolds) toggle(unfolds);
    else if (event.target.id === 'news-show') showNews();
    else if (chart && isPlain) {
      event.preventDefault();
      enlarge(chart);
    } else if (event.target.id === 'picture') event.target.close();
  });
}
