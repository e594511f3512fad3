// @ts-check
/** The worker thread of Node. */

import { parentPort } from 'node:worker_threads';

import { answer } from './job.js';

parentPort?.on('message', (data) => answer(data, (message, transfer) => parentPort?.postMessage(message, transfer)));
