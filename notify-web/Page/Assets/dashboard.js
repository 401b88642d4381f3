// The dashboard's page: what is shown comes from the server, which renders it; scripts fetch it anew, post actions, and read changes aloud.

import { startCopying } from './copy.js';
import { startDesktop } from './desktop.js';
import { startFeed } from './feed.js';
import { refreshLate } from './fragments.js';
import { startLive } from './live.js';
import { startScripts } from './scripts.js';
import { startTelegram } from './telegram.js';
import { startTimes } from './times.js';

document.documentElement.classList.add('scripted');
startTimes();
startCopying();
startTelegram();
startScripts();
startFeed();
startLive();
startDesktop();
refreshLate();
