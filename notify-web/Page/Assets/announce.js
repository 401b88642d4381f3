// Announces a change to screen readers.

let turn = 0;

/** @param {string} text a sentence */
export function announce(text) {
  const places = document.querySelectorAll('.announcer');
  if (!places.length || !text) return;
  // Alternates between two places, so a repeated text is read again.
  turn = (turn + 1) % places.length;
  places.forEach((place, index) => { place.textContent = index === turn ? text : ''; });
}
