// The server writes times in UTC. Here they become local, and "ago", "left" and "age" keep counting.

const language = 'en-GB';
const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
const second = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const shortDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
const shortDayOfYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });
const longDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric' });
const exact = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'medium' });

/** The reader's time zone: its name, and its current offset from UTC in minutes, for servers that don't know the name. */
export const zone = () => ({ name: Intl.DateTimeFormat().resolvedOptions().timeZone ?? '', offset: -new Date().getTimezoneOffset() });

const startOfDay = date => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysAgo = (date, now) => Math.round((startOfDay(now) - startOfDay(date)) / 86400000);

function moment(date, now) {
  const days = daysAgo(date, now);
  if (days === 0) return clock.format(date);
  if (days === 1) return `Yesterday, ${clock.format(date)}`;
  if (days === -1) return `tomorrow, ${clock.format(date)}`;
  const day = date.getFullYear() === now.getFullYear() ? shortDay : shortDayOfYear;
  return `${day.format(date)}, ${clock.format(date)}`;
}

function span(seconds) {
  if (seconds < 3600) return `${Math.max(1, Math.floor(seconds / 60))} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? '1 day' : `${days} days`;
}

// To the minute: "5 h" for a cooldown that has just begun would lose an hour.
function left(minutes) {
  if (minutes < 60 || minutes >= 1440) return span(minutes * 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
}

/** The words for a time, seen at another time. */
export function words(date, shown, now) {
  const age = (now - date) / 1000;
  switch (shown) {
    case 'day': return longDay.format(date);
    case 'clock': return clock.format(date);
    case 'second': return second.format(date);
    case 'ago': return age < 60 ? 'just now' : `${span(age)} ago`;
    case 'age': return left(Math.max(1, Math.floor(age / 60)));
    case 'left': return age >= 0 ? 'over' : `${left(Math.ceil(-age / 60))} left`;
    case 'inline': return moment(date, now).replace('Yesterday', 'yesterday');
    default: return moment(date, now);
  }
}

/** Turns the times below an element into local ones. */
export function localise(root, now = new Date()) {
  for (const time of root.querySelectorAll('time[data-shown]')) {
    const date = new Date(time.dateTime);
    const text = words(date, time.dataset.shown, now);
    if (time.textContent !== text) time.textContent = text;
    time.title = exact.format(date);
  }
}

/** A time some seconds from now, such as "14:32". */
export const clockIn = seconds => clock.format(new Date(Date.now() + seconds * 1000));

// So that the server's days are the reader's from the next page on.
function rememberZone() {
  const path = document.querySelector('meta[name="notify-base"]')?.content || '/';
  const isSecure = location.protocol === 'https:' ? '; secure' : '';
  document.cookie = `notify-zone=${zone().name}; path=${path}; max-age=31536000; samesite=lax${isSecure}`;
}

export function startTimes() {
  rememberZone();
  localise(document);
  setInterval(() => localise(document), 15000);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) localise(document);
  });
}
