// Copy buttons.

import { announce } from './announce.js';

export function startCopying() {
  document.addEventListener('click', async event => {
    const button = event.target.closest('[data-copy]');
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'Copied';
      announce('Copied.');
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = 'Selected: press Ctrl+C';
      announce('Selected. Press Control and C to copy.');
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 3000);
  });
}
