// The phone page: shows the sandbox's chats as a phone would and types and presses for their people, through the control API.

import { renderText } from './text.js';

const MOST_SHOWN = 300;
const $ = id => document.getElementById(id);
const dayFormat = new Intl.DateTimeFormat('en', { month: 'long', day: 'numeric' });
const timeFormat = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const page = { chats: new Map(), open: null, state: null, unread: new Map() };

async function call(path, body) {
  const request = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`/sandbox/${path}`, request);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// ---- The list of chats

function renderChats() {
  const list = $('chats');
  const chats = [...page.chats.values()].sort((a, b) => (b.last?.date ?? '').localeCompare(a.last?.date ?? ''));
  list.replaceChildren(...chats.map(chatItem));
}

function chatItem(chat) {
  const item = element('li');
  const button = element('a', 'chat-item');
  button.href = `/phone?chat=${chat.id}`;
  if (chat.id === page.open) button.setAttribute('aria-current', 'page');
  button.addEventListener('click', e => {
    e.preventDefault();
    openChat(chat.id);
  });
  const lines = element('span', 'lines');
  const top = element('span', 'top');
  top.append(element('span', 'name', chat.title));
  if (chat.last) top.append(element('time', 'when', timeFormat.format(new Date(chat.last.date))));
  const bottom = element('span', 'bottom');
  bottom.append(element('span', 'last', lastLine(chat)));
  const unread = page.unread.get(chat.id);
  if (unread) {
    const badge = element('span', 'badge', String(unread));
    badge.setAttribute('aria-label', `${unread} new`);
    bottom.append(badge);
  }
  lines.append(top, bottom);
  button.append(avatar(chat), lines);
  item.append(button);
  return item;
}

function lastLine(chat) {
  if (chat.blocked) return 'has blocked the bot';
  if (chat.migrated_to) return 'became a supergroup';
  if (!chat.last) return chat.started ? 'No messages yet' : 'Has not started the bot';
  const message = chat.last;
  const kind = message.photo ? '🖼 ' : message.document ? '📄 ' : '';
  const photo = message.media_group_id ? 'Album' : 'Photo';
  return kind + (message.text.split('\n')[0] || message.service || (message.photo ? photo : message.document?.name ?? ''));
}

function avatar(chat) {
  const circle = element('span', `avatar c${Math.abs(chat.id) % 6}`, chat.title.trim().charAt(0).toUpperCase());
  circle.setAttribute('aria-hidden', 'true');
  return circle;
}

// ---- One chat

async function openChat(id) {
  page.open = id;
  page.unread.delete(id);
  history.replaceState(null, '', `/phone?chat=${id}`);
  $('stage').classList.add('has-chat');
  $('empty').hidden = true;
  $('chat').hidden = false;
  renderChats();
  renderBar();
  const messages = await call(`chats/${id}/messages`);
  if (page.open !== id) return;
  const list = $('messages');
  list.replaceChildren();
  for (const message of messages.slice(-MOST_SHOWN)) show(message);
  markDays();
  scrollToEnd();
  if (matchMedia('(min-width: 50rem)').matches) $('text').focus();
}

function closeChat() {
  const id = page.open;
  page.open = null;
  history.replaceState(null, '', '/phone');
  $('stage').classList.remove('has-chat');
  $('chat').hidden = true;
  $('empty').hidden = false;
  renderChats();
  document.querySelector(`a[href="/phone?chat=${id}"]`)?.focus();
}

function renderBar() {
  const chat = page.chats.get(page.open);
  if (!chat) return;
  const isPrivate = chat.type === 'private';
  $('chat-title').textContent = isPrivate ? page.state.bot_name : chat.title;
  $('chat-about').textContent = isPrivate
    ? chat.blocked ? `${chat.title} has blocked the bot` : `bot · on ${chat.title}’s phone`
    : `${chat.members.length + 1} members`;
  const face = $('chat-avatar');
  face.className = isPrivate ? 'avatar bot' : `avatar c${Math.abs(chat.id) % 6}`;
  face.textContent = isPrivate ? '🔔' : chat.title.trim().charAt(0).toUpperCase();
  document.title = `${chat.title} · notify-sandbox`;

  const isWaiting = isPrivate && !chat.started;
  $('start').hidden = !isWaiting;
  $('composer').hidden = isWaiting;
  const as = $('as');
  as.hidden = chat.members.length < 2;
  const options = chat.members.map(member => new Option(member.name, member.id));
  if (as.options.length !== options.length || as.dataset.chat !== String(chat.id)) {
    as.dataset.chat = chat.id;
    as.replaceChildren(...options);
  }
  renderCommands();
}

function renderCommands() {
  const commands = page.state.commands;
  $('menu').hidden = commands.length === 0;
  $('commands').replaceChildren(...commands.map(({ command, description }) => {
    const button = element('button', 'menu-command');
    button.type = 'button';
    button.append(element('span', 'menu-name', `/${command}`), element('span', 'menu-text', description));
    button.addEventListener('click', () => {
      showMenu(false);
      type(`/${command}`);
    });
    return button;
  }));
}

function showMenu(isOpen) {
  $('commands').hidden = !isOpen;
  $('menu').setAttribute('aria-expanded', String(isOpen));
  if (isOpen) $('commands').querySelector('button')?.focus();
}

/** The entry of the list that shows a message; an album's messages share one. */
const itemOf = id => [...$('messages').children].find(item => item.messages?.some(message => message.message_id === id));

/** Shows a message, or shows it anew: in its place, in its album, or at the end. */
function show(message) {
  const there = itemOf(message.message_id);
  if (there) {
    there.replaceWith(itemFor(there.messages.map(old => old.message_id === message.message_id ? message : old)));
    return;
  }
  const last = $('messages').lastElementChild;
  const isNext = message.media_group_id && last?.messages?.[0].media_group_id === message.media_group_id;
  if (isNext) last.replaceWith(itemFor([...last.messages, message]));
  else $('messages').append(itemFor([message]));
}

function hide(id) {
  const there = itemOf(id);
  const left = there?.messages.filter(message => message.message_id !== id);
  if (left?.length) there.replaceWith(itemFor(left));
  else there?.remove();
}

function itemFor(messages) {
  const item = messageItem(messages);
  item.messages = messages;
  item.dataset.id = messages[0].message_id;
  item.dataset.date = messages[0].date;
  return item;
}

function messageItem(messages) {
  const message = messages[0];
  if (message.service) return element('li', 'service', message.service);
  const chat = page.chats.get(message.chat_id);
  const isOwn = !message.from_bot && chat?.type === 'private';
  const item = element('li', `message ${isOwn ? 'own' : 'other'}`);

  const bubble = element('div', 'bubble');
  if (chat?.type !== 'private') {
    bubble.append(element('p', message.from_bot ? 'sender bot' : 'sender', message.from_bot ? page.state.bot_name : message.from.name));
  }
  if (message.reply_to) bubble.append(quoteOf(message.reply_to));
  const isAlbum = messages.length > 1;
  if (message.photo) bubble.append(isAlbum ? photoGrid(messages) : photo(message));
  for (const part of messages) {
    if (part.document) bubble.append(documentLink(part.document));
    if (part.text) bubble.append(textOf(part));
  }
  bubble.append(meta(message, isOwn));
  if (message.photo && messages.every(part => !part.text)) bubble.classList.add('bare');
  item.append(bubble);
  if (message.buttons.length) item.append(keyboard(message));
  requestAnimationFrame(() => foldQuotes(item));
  return item;
}

/** What a message answers: the first line of it, and the way there. A deleted one says so. */
function quoteOf(id) {
  const answered = itemOf(id)?.messages.find(message => message.message_id === id);
  const quote = element('button', 'answered');
  quote.type = 'button';
  const name = answered?.from?.name ?? page.state.bot_name;
  if (answered) quote.append(element('span', 'answered-name', name));
  quote.append(element('span', 'answered-text', answered ? firstLine(answered) : 'Deleted message'));
  quote.disabled = !answered;
  quote.addEventListener('click', () => itemOf(id)?.scrollIntoView({ block: 'center', behavior: 'smooth' }));
  return quote;
}

function firstLine(message) {
  return message.text.split('\n')[0] || (message.photo ? 'Photo' : message.document?.name ?? '');
}

function textOf(message) {
  const text = element('div', 'text');
  renderText(text, message.text, message.entities, type);
  return text;
}

/** Two photos beside each other in each row; of an odd number the first has a row of its own. */
function photoGrid(messages) {
  const grid = element('div', 'grid');
  grid.setAttribute('role', 'group');
  grid.setAttribute('aria-label', `Album of ${messages.length} photos`);
  grid.append(...messages.map(photo));
  return grid;
}

/** A quote that is short enough needs nothing to unfold it. */
function foldQuotes(item) {
  for (const quote of item.querySelectorAll('blockquote.folded')) {
    const text = quote.querySelector('.quote-text');
    if (text.scrollHeight <= text.clientHeight + 2) quote.classList.add('short');
  }
}

function photo(message) {
  const anchor = element('a', 'photo');
  anchor.href = `/sandbox/files/${message.photo.file_id}`;
  anchor.target = '_blank';
  anchor.rel = 'noopener';
  const image = element('img');
  image.src = anchor.href;
  image.width = message.photo.width;
  image.height = message.photo.height;
  image.alt = message.text ? `Picture: ${message.text.split('\n')[0]}` : `Picture ${message.photo.name}`;
  image.addEventListener('load', () => { if (isAtEnd) scrollToEnd(); });
  anchor.append(image);
  return anchor;
}

function documentLink(file) {
  const anchor = element('a', 'document');
  anchor.href = `/sandbox/files/${file.file_id}`;
  anchor.download = file.name;
  const icon = element('span', 'file-icon', '↓');
  icon.setAttribute('aria-hidden', 'true');
  const lines = element('span', 'lines');
  lines.append(element('span', 'file-name', file.name), element('span', 'file-size', size(file.size)));
  anchor.append(icon, lines);
  return anchor;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function meta(message, isOwn) {
  const line = element('span', 'meta');
  if (message.silent) {
    const bell = element('span', 'silent', '🔕');
    bell.setAttribute('role', 'img');
    bell.setAttribute('aria-label', 'sent without sound');
    line.append(bell, ' ');
  }
  if (message.edited) {
    const edited = element('span', 'edited', 'edited ');
    edited.title = `Edited ${message.edits === 1 ? 'once' : `${message.edits} times`}, last at ${timeFormat.format(new Date(message.edited))}`;
    line.append(edited);
  }
  const time = element('time', '', timeFormat.format(new Date(message.date)));
  time.dateTime = message.date;
  line.append(time);
  if (isOwn) {
    const ticks = element('span', 'ticks', '✓✓');
    ticks.setAttribute('aria-hidden', 'true');
    line.append(ticks);
  }
  return line;
}

function keyboard(message) {
  const rows = element('div', 'keyboard');
  for (const row of message.buttons) {
    const line = element('div', 'keys');
    for (const button of row) line.append(key(message, button));
    rows.append(line);
  }
  return rows;
}

function key(message, button) {
  if (button.url) {
    const anchor = element('a', 'key', button.text);
    const arrow = element('span', 'arrow', '↗');
    arrow.setAttribute('aria-hidden', 'true');
    anchor.append(arrow);
    if (/^https?:/i.test(button.url)) anchor.href = button.url;
    anchor.target = '_blank';
    anchor.rel = 'noopener noreferrer';
    return anchor;
  }
  const pressed = element('button', 'key', button.text);
  pressed.type = 'button';
  pressed.addEventListener('click', async () => {
    pressed.classList.add('waiting');
    try {
      const { answer } = await call(`chats/${message.chat_id}/press`, { message_id: message.message_id, data: button.data, from: writer(), wait_seconds: 10 });
      if (!answer) toast('The bot did not answer the button.');
      else if (answer.show_alert) alertBox(answer.text);
      else if (answer.text) toast(answer.text);
    } catch (problem) {
      toast(problem.message);
    } finally {
      pressed.classList.remove('waiting');
    }
  });
  return pressed;
}

/** Puts a line with the date above the first message of each day. */
function markDays() {
  const list = $('messages');
  for (const line of list.querySelectorAll('.day')) line.remove();
  let day = '';
  for (const item of [...list.children]) {
    const its = dayFormat.format(new Date(item.dataset.date));
    if (its !== day) item.before(element('li', 'day', its));
    day = its;
  }
}

// ---- Doing

const writer = () => $('as').hidden ? undefined : Number($('as').value);

async function type(text) {
  try {
    await call(`chats/${page.open}/text`, { text, from: writer() });
  } catch (problem) {
    toast(problem.message);
  }
}

let toastTimer;
function toast(text) {
  const line = $('toast');
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { line.hidden = true; }, 4000);
}

function alertBox(text) {
  $('alert-text').textContent = text;
  $('alert').showModal();
}

let isAtEnd = true;
function scrollToEnd() {
  const log = $('log');
  log.scrollTop = log.scrollHeight;
  isAtEnd = true;
}

// ---- What happens while the page is open

async function happened({ kind, chat_id: chatId, message_id: id, message }) {
  if (kind === 'chat' || kind === 'delete' || kind === 'clear' || !page.chats.has(chatId)) {
    await loadChats();
    renderBar();
  }
  const chat = page.chats.get(chatId);
  if (kind === 'message' && message) {
    chat.last = message;
    if (!message.from_bot) chat.started = true;
    if (chatId !== page.open && message.from_bot) page.unread.set(chatId, (page.unread.get(chatId) ?? 0) + 1);
  }
  renderChats();
  if (chatId !== page.open) return;
  if (kind === 'message') renderBar();
  const list = $('messages');
  if (kind === 'clear') list.replaceChildren();
  else if (kind === 'delete') {
    hide(id);
    // Answers to it say that it is gone.
    for (const item of [...list.children]) {
      if (item.messages?.[0].reply_to === id) item.replaceWith(itemFor(item.messages));
    }
  }
  else if (message && (kind === 'message' || itemOf(id))) {
    show(message);
    while (list.childElementCount > MOST_SHOWN) list.firstElementChild.remove();
  }
  markDays();
  if (isAtEnd) scrollToEnd();
}

async function loadChats() {
  const [state, chats] = await Promise.all([call('state'), call('chats')]);
  page.state = state;
  page.chats = new Map(chats.map(chat => [chat.id, chat]));
  renderChats();
}

$('new-chat').addEventListener('submit', async e => {
  e.preventDefault();
  const field = $('new-name');
  const person = await call('people', { first_name: field.value });
  field.value = '';
  await loadChats();
  await openChat(person.id);
});

$('composer').addEventListener('submit', e => {
  e.preventDefault();
  const field = $('text');
  const text = field.value.trim();
  if (!text) return;
  field.value = '';
  field.style.height = '';
  type(text);
});

$('text').addEventListener('keydown', e => {
  if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    $('composer').requestSubmit();
  }
});

$('text').addEventListener('input', () => {
  const field = $('text');
  field.style.height = '';
  field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
});

$('start').addEventListener('click', () => type('/start'));
$('back').addEventListener('click', closeChat);
$('menu').addEventListener('click', async () => {
  const isOpen = $('commands').hidden;
  if (isOpen) {
    page.state = await call('state');
    renderCommands();
  }
  showMenu(isOpen);
});
document.addEventListener('keydown', e => {
  if (e.key !== 'Escape') return;
  if (!$('commands').hidden) {
    showMenu(false);
    $('menu').focus();
  } else if (page.open && !$('alert').open) closeChat();
});
$('log').addEventListener('scroll', () => {
  const log = $('log');
  isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
});

const params = new URLSearchParams(location.search);
await loadChats();
const wanted = Number(params.get('chat'));
if (page.chats.has(wanted)) await openChat(wanted);
else if (page.chats.size === 0) $('new-name').focus();

// ?still shows the chat as it is and opens no stream of events, for programs that take a picture when a page has gone quiet.
if (!params.has('still')) {
  const events = new EventSource('/sandbox/events');
  let queue = Promise.resolve();
  events.addEventListener('message', e => {
    queue = queue.then(() => happened(JSON.parse(e.data))).catch(problem => toast(problem.message));
  });
  events.addEventListener('open', async () => {
    // What happened while the connection was down is in the chats.
    await loadChats();
    if (page.open) await openChat(page.open);
    document.body.dataset.live = 'true';
  });
}
