// The page as a client of the gateway: new notifications the moment they are accepted, also where Telegram is away or no phone is linked.

import { at, post, session } from './api.js';
import { refresh, refreshAll } from './fragments.js';

const firstPause = 1000;
// Not longer: whoever looks at the page expects what a gateway passes on that is back for some seconds.
const longestPause = 15000;
// A ping comes every 30 seconds; without one for three of them the connection is dead, whatever the browser thinks of it.
const silence = 100000;
const renewBefore = 60000;
// A connection that held so long was a good one; a gateway that takes and drops is asked less and less.
const proven = 30000;
const most = 500;

const seen = new Set();
let socket = null;
let pause = firstPause;
let timer = 0;
let watch = 0;
let calm = 0;
let wasConnected = false;
let isOver = false;
let show = () => {};

/** Whether the page keeps its connection while nobody looks at it. */
let staysHidden = () => false;

function remember(id) {
  if (seen.has(id)) return false;
  seen.add(id);
  if (seen.size > most) seen.delete(seen.values().next().value);
  return true;
}

function hear(message) {
  switch (message.type) {
    case 'auth_ok':
      clearTimeout(calm);
      calm = setTimeout(() => { pause = firstPause; }, proven);
      document.documentElement.dataset.gateway = 'yes';
      // What came in between was not kept for this page; the dashboard has it.
      if (wasConnected) refreshAll();
      wasConnected = true;
      break;
    case 'auth_error':
      // The reason is the token's end, most likely; the next try has a new one.
      pause = Math.max(pause, 5000);
      break;
    case 'ping':
      socket.send('{"type":"pong"}');
      break;
    case 'notification':
      if (typeof message.id === 'string' && remember(message.id)) {
        refresh('notifications').finally(() => show(message));
      }
      break;
  }
}

function listenFor(current) {
  clearTimeout(watch);
  watch = setTimeout(() => current.close(), silence);
}

async function connect() {
  clearTimeout(timer);
  if (socket || isOver || (document.hidden && !staysHidden())) return;
  socket = 'coming';
  const token = await post(at('/api/desktop/token'));
  if (!token.ok) {
    lost();
    return;
  }
  let current;
  try {
    current = new WebSocket(token.body.url);
  } catch {
    lost();
    return;
  }
  socket = current;
  // In time before the token ends, a new connection takes this one's place.
  const life = new Date(token.body.expires_at) - Date.now() - renewBefore;
  const end = setTimeout(() => { pause = 0; current.close(); }, Math.max(life, renewBefore));
  listenFor(current);
  current.addEventListener('open', () => current.send(JSON.stringify({ type: 'auth', token: token.body.token })));
  current.addEventListener('message', event => {
    listenFor(current);
    try {
      hear(JSON.parse(event.data));
    } catch {
      // Nothing that this page knows.
    }
  });
  current.addEventListener('close', () => {
    clearTimeout(end);
    clearTimeout(watch);
    if (socket === current) lost();
  });
}

// With growing pauses and some chance in them, so that not all pages come back at once.
function lost() {
  socket = null;
  clearTimeout(calm);
  document.documentElement.dataset.gateway = 'no';
  if (isOver) return;
  timer = setTimeout(connect, pause * (0.5 + Math.random()));
  pause = Math.min(Math.max(pause * 2, firstPause), longestPause);
}

function leave() {
  clearTimeout(timer);
  if (socket && socket !== 'coming') {
    const current = socket;
    socket = null;
    current.close();
  }
}

/**
 * Connects, and stays connected.
 * @param {(notification: object) => void} showOnDesktop called once for each
 * @param {() => boolean} keepWhileHidden whether it is worth a connection while nobody looks
 */
export function startGateway(showOnDesktop, keepWhileHidden) {
  show = showOnDesktop;
  staysHidden = keepWhileHidden;
  session.addEventListener('over', () => {
    isOver = true;
    leave();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      pause = Math.min(pause, firstPause);
      connect();
    } else if (!staysHidden()) leave();
  });
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', event => { if (event.persisted) connect(); });
  connect();
}
