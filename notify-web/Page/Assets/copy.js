// Copy buttons.

import { announce } from './announce.js';

const label = new WeakMap();

export function startCopying() {
  document.addEventListener('click', async event => {
    const button = event.target.closest('[data-copy], [data-copy-text]');
    if (!button) return;
    if (!label.has(button)) label.set(button, button.textContent);
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(button.dataset.copyText ?? source.textContent);
      button.textContent = 'Copied';
      announce('Copied.');
    } catch {
      if (!source) {
        button.textContent = 'Copy it from the address bar';
        announce('Copying is not allowed. Copy the address of this page.');
        return;
      }
      getSelection().selectAllChildren(source);
      button.textContent = 'Selected: press Ctrl+C';
      announce('Selected. Press Control and C to copy.');
    }
    setTimeout(() => { button.textContent = label.get(button); }, 3000);
  });
}
