/**
 * Rivals side by side: each is a process that does the same job whenever it is told to, bytes in memory to bytes in
 * memory, and says what the job cost it. So process start, reading the file and warming up count for nobody.
 *
 * A rival is a command; it reads a line for each job and answers with a line of three numbers: processor time and wall
 * time in microseconds, and the bytes that it made.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Jobs that do not count: they touch the memory for the first time and have just-in-time compilers finish. */
const WARM_UP = 3;

/**
 * Runs the rivals in turn, A B C A B C, never two at a time.
 * @param {Record<string, string[]>} rivals command lines by name
 * @param {number} rounds how often each is measured
 * @returns {Promise<Record<string, {cpu: number, wall: number, bytes: number}>>} medians, in milliseconds
 */
export async function race(rivals, rounds) {
  const runners = Object.entries(rivals).map(([name, command]) => ({ name, ...start(command), seen: [] }));
  try {
    for (let round = -WARM_UP; round < rounds; round++) {
      for (const { job, seen } of runners) {
        const cost = await job();
        if (round >= 0) seen.push(cost);
      }
    }
  } finally {
    for (const { stop } of runners) stop();
  }
  return Object.fromEntries(runners.map(({ name, seen }) => [name, {
    cpu: median(seen.map(([cpu]) => cpu / 1000)),
    wall: median(seen.map(([, wall]) => wall / 1000)),
    bytes: seen[0][2],
  }]));
}

/** Starts one rival. `job` has it do one job and gives its three numbers. */
function start([program, ...parameters]) {
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const job = async () => {
    child.stdin.write('\n');
    const { value, done } = await lines.next();
    if (done) throw new Error(`${program} ${parameters.join(' ')} gave up`);
    return value.split(' ').map(Number);
  };
  child.stdin.on('error', () => {}); // one that has died is told by the end of its output
  return { job, stop: () => child.stdin.end() };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
