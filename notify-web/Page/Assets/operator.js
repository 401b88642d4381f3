// The operators' pages: times in the reader's zone.

import { startTimes } from './times.js';

document.documentElement.classList.add('scripted');
startTimes();
