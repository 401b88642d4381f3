// Open incidents: who is on them.

import { at, post, whatToDo } from './api.js';
import { announce } from './announce.js';
import { refresh } from './fragments.js';

async function acknowledge(button) {
  const item = button.closest('[data-incident]');
  const name = item.querySelector('h3').textContent;
  // Not disabled, which would take the focus away.
  button.setAttribute('aria-disabled', 'true');
  const answer = await post(at(`/api/incidents/${encodeURIComponent(button.dataset.acknowledge)}/acknowledge`));
  const text = answer.ok ? '' : whatToDo(answer);
  const place = item.querySelector('[data-result]');
  place.textContent = text;
  place.classList.toggle('bad', text !== '');
  // It may be over meanwhile, or somebody else may be on it.
  if (!await refresh('incidents') || !answer.ok) button.removeAttribute('aria-disabled');
  announce(answer.ok ? `You are on it: ${name}.` : text);
}

export function startIncidents() {
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-acknowledge]');
    if (button && button.getAttribute('aria-disabled') !== 'true') acknowledge(button);
  });
}
