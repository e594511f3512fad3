/** The rivals' side of jobs.mjs, for rivals in Node. */

import { createInterface } from 'node:readline';

/**
 * Runs `job` for each line on standard input and prints processor time and wall time in microseconds, of all threads,
 * and the bytes that `job` says it made.
 * @param {() => number | Promise<number>} job
 */
export async function serve(job) {
  for await (const _ of createInterface({ input: process.stdin })) {
    const [before, start] = [process.cpuUsage(), process.hrtime.bigint()];
    const bytes = await job();
    const wall = Number(process.hrtime.bigint() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    console.log(`${user + system} ${wall.toFixed(0)} ${bytes}`);
  }
}
