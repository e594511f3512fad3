// @ts-check
/** The worker thread of Node. */

import { parentPort } from 'node:worker_threads';

import { answer } from './job.js';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

port.on('message', (data) => answer(data, (message, transfer) => port.postMessage(message, transfer)));
