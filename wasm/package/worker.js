// @ts-check
/** The worker of a page. */

import { answer } from './job.js';

self.onmessage = ({ data }) => answer(data, (message, transfer) => self.postMessage(message, { transfer }));
