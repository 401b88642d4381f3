// Reads a change aloud to whoever can't see it.

let turn = 0;

/** @param {string} text a sentence */
export function announce(text) {
  const places = document.querySelectorAll('.announcer');
  if (!places.length || !text) return;
  // Two places by turns, so that the same words twice are read twice.
  turn = (turn + 1) % places.length;
  places.forEach((place, index) => { place.textContent = index === turn ? text : ''; });
}
