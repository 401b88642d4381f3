// Changes only what differs between two element trees, so focus, typed text, unfolded parts and
// pictures stay. Ids identify elements. Elements with data-keep belong to scripts and are left alone.

// Opened by the reader or a script.
const kept = new Set(['open']);

/** Makes `old` equal to `fresh`; both are elements of the same name. */
export function morph(old, fresh) {
  if (old.hasAttribute('data-keep') && fresh.hasAttribute('data-keep')) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !kept.has(name)) old.setAttribute(name, value);
  }
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const byId = new Map([...old.children].filter(child => child.id).map(child => [child.id, child]));
  const wanted = new Set([...fresh.children].map(child => child.id).filter(Boolean));
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    while (place?.id && !wanted.has(place.id)) place = removed(place);
    const match = child.id ? byId.get(child.id) : place && !place.id && place.nodeName === child.nodeName ? place : null;
    if (!match || match.nodeName !== child.nodeName) {
      old.insertBefore(child, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, child);
    else if (match.nodeValue !== child.nodeValue) match.nodeValue = child.nodeValue;
  }
  while (place) place = removed(place);
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
