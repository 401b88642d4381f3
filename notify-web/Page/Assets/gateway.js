// The page as a client of the gateway: shows new notifications at once, even without Telegram or a linked phone.

import { at, post, session } from './api.js';
import { refreshAll, refreshNotifications } from './fragments.js';

const firstPause = 1000;
// Not longer: a person who looks at the page expects news soon after the gateway is back.
const longestPause = 15000;
// A ping comes every 30 seconds. After three missing ones the connection is dead, whatever the browser reports.
const silence = 100000;
const renewBefore = 60000;
// A connection of this length was good. A gateway that accepts and drops is tried less and less often.
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

/** Whether the page keeps its connection while it is hidden. */
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
      // The gateway keeps nothing for this page meanwhile; the dashboard has it.
      if (wasConnected) refreshAll();
      wasConnected = true;
      break;
    case 'auth_error':
      // The token has probably expired; the next try has a new one.
      pause = Math.max(pause, 5000);
      break;
    case 'ping':
      socket.send('{"type":"pong"}');
      break;
    case 'notification':
      if (typeof message.id === 'string' && remember(message.id)) {
        refreshNotifications().finally(() => show(message));
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
  // A new connection replaces this one before the token expires.
  const life = new Date(token.body.expires_at) - Date.now() - renewBefore;
  const end = setTimeout(() => { pause = 0; current.close(); }, Math.max(life, renewBefore));
  listenFor(current);
  current.addEventListener('open', () => current.send(JSON.stringify({ type: 'auth', token: token.body.token })));
  current.addEventListener('message', event => {
    listenFor(current);
    try {
      hear(JSON.parse(event.data));
    } catch {
      // Unknown to this page.
    }
  });
  current.addEventListener('close', () => {
    clearTimeout(end);
    clearTimeout(watch);
    if (socket === current) lost();
  });
}

// Growing, random pauses keep pages from coming back all at once.
function lost() {
  socket = null;
  clearTimeout(calm);
  document.documentElement.dataset.gateway = 'no';
  if (isOver) return;
  timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
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
 * @param {() => boolean} keepWhileHidden whether a hidden page needs the connection
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
