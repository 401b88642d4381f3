// The pages of help: copy buttons.

import { startCopying } from './copy.js';

document.documentElement.classList.add('scripted');
startCopying();
