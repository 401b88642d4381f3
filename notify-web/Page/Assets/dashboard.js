// The dashboard's page. The server renders all content; scripts fetch it again, post actions, and announce changes.

import { startCopying } from './copy.js';
import { startDesktop } from './desktop.js';
import { startFeed } from './feed.js';
import { refreshLate } from './fragments.js';
import { startIncidents } from './incidents.js';
import { startLive } from './live.js';
import { startScripts } from './scripts.js';
import { startTelegram } from './telegram.js';
import { startTimes } from './times.js';

document.documentElement.classList.add('scripted');
startTimes();
startCopying();
startTelegram();
startIncidents();
startScripts();
startFeed();
startLive();
startDesktop();
refreshLate();
