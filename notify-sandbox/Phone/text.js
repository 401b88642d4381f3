// A text with Telegram's entities as DOM nodes. Everything a bot or person wrote becomes a text node, never markup.

const SAFE_LINK = /^(https?|tg|mailto):/i;

/**
 * Appends a text to an element, styled by its entities (offsets in UTF-16 code units, the unit of JavaScript strings).
 * @param {HTMLElement} into
 * @param {string} text
 * @param {{type: string, offset: number, length: number, url?: string, language?: string}[]} entities sorted, properly nested
 * @param {(command: string) => void} onCommand called when somebody taps a command
 */
export function renderText(into, text, entities, onCommand) {
  renderRange(into, text, 0, text.length, entities, onCommand);
}

function renderRange(into, text, begin, end, entities, onCommand) {
  let at = begin;
  for (let i = 0; i < entities.length;) {
    const entity = entities[i];
    const entityEnd = entity.offset + entity.length;
    const inner = [];
    for (i++; i < entities.length && entities[i].offset < entityEnd; i++) inner.push(entities[i]);
    const content = text.slice(entity.offset, entityEnd);
    const element = elementFor(entity, content, onCommand);
    const isBlock = element.tagName === 'PRE' || element.tagName === 'BLOCKQUOTE';
    // A block begins and ends its own lines, so the line ends around it are not shown once more.
    if (entity.offset > at) into.append(text.slice(at, entity.offset - (isBlock && text[entity.offset - 1] === '\n' ? 1 : 0)));
    renderRange(element.content ?? element, text, entity.offset, entityEnd, inner, onCommand);
    into.append(element);
    at = entityEnd;
    if (isBlock && text[at] === '\n' && at < end) at++;
  }
  if (end > at) into.append(text.slice(at, end));
}

function elementFor(entity, content, onCommand) {
  switch (entity.type) {
    case 'bold': return make('strong');
    case 'italic': return make('em');
    case 'underline': return make('u');
    case 'strikethrough': return make('s');
    case 'code': return make('code');
    case 'pre': return block(entity.language);
    case 'blockquote': return make('blockquote');
    case 'expandable_blockquote': return foldedQuote();
    case 'spoiler': return spoiler();
    case 'text_link': return link(entity.url);
    case 'url': return link(content.includes('://') ? content : `https://${content}`);
    case 'email': return link(`mailto:${content}`);
    case 'bot_command': return command(content, onCommand);
    case 'mention': case 'hashtag': case 'cashtag': case 'text_mention': case 'phone_number': return make('span', 'mention');
    default: return make('span');
  }
}

function make(tag, className) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}

function block(language) {
  const pre = make('pre');
  pre.tabIndex = 0;
  if (language) {
    const label = make('span', 'language');
    label.textContent = language;
    pre.append(label);
  }
  pre.content = make('code');
  pre.append(pre.content);
  return pre;
}

function foldedQuote() {
  const quote = make('blockquote', 'folded');
  quote.content = make('div', 'quote-text');
  const more = make('button', 'more');
  more.type = 'button';
  more.textContent = 'Show more';
  more.setAttribute('aria-expanded', 'false');
  more.addEventListener('click', () => {
    const isOpen = quote.classList.toggle('open');
    more.textContent = isOpen ? 'Show less' : 'Show more';
    more.setAttribute('aria-expanded', String(isOpen));
  });
  quote.append(quote.content, more);
  return quote;
}

function spoiler() {
  const hidden = make('span', 'spoiler');
  hidden.tabIndex = 0;
  hidden.setAttribute('role', 'button');
  hidden.setAttribute('aria-label', 'Hidden text, press to show');
  const show = () => {
    hidden.classList.add('shown');
    hidden.removeAttribute('role');
    hidden.removeAttribute('aria-label');
    hidden.removeAttribute('tabindex');
  };
  hidden.addEventListener('click', show);
  hidden.addEventListener('keydown', e => {
    if (e.key === 'Enter' || e.key === ' ') {
      e.preventDefault();
      show();
    }
  });
  return hidden;
}

function link(url) {
  if (!SAFE_LINK.test(url)) return make('span', 'mention');
  const anchor = make('a');
  anchor.href = url;
  anchor.target = '_blank';
  anchor.rel = 'noopener noreferrer';
  return anchor;
}

function command(content, onCommand) {
  const button = make('button', 'command');
  button.type = 'button';
  button.addEventListener('click', () => onCommand(content));
  return button;
}
