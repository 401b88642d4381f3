// The list of notifications: shows more, folds long ones, enlarges charts, announces new ones.

import { announce } from './announce.js';
import { beforeShown, fragment, refresh } from './fragments.js';

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

async function more(link) {
  const piece = fragment('notifications');
  const known = piece.querySelectorAll('.notification').length;
  piece.dataset.show = link.dataset.more;
  if (!await refresh('notifications')) return;
  const items = piece.querySelectorAll('.notification');
  items[known]?.focus({ preventScroll: true });
  announce(`${items.length - known} more notifications.`);
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
    if (fresh.dataset.fragment !== 'notifications') return;
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
  document.addEventListener('click', event => {
    const unfolds = event.target.closest('[data-unfold]');
    const mores = event.target.closest('[data-more]');
    const chart = event.target.closest('[data-chart]');
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (unfolds) toggle(unfolds);
    else if (mores && isPlain) {
      event.preventDefault();
      more(mores);
    } else if (chart && isPlain) {
      event.preventDefault();
      enlarge(chart);
    } else if (event.target.id === 'picture') event.target.close();
  });
}
