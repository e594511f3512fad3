/** Whole processes: what they take, from start to end. */

import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tools from './tools.mjs';

/**
 * Processor time in milliseconds and peak resident memory in bytes.
 * @param {string} meter the program made of cost.c
 * @param {string[]} command
 * @param {string} [input] what it reads on standard input
 */
export function cost(meter, command, input = '') {
  const [cpu, memory] = execFileSync(meter, command, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'inherit'] }).split(' ').map(Number);
  return { cpu: cpu / 1000, memory };
}

/** Instructions, counted by callgrind. */
export function instructions(command) {
  const profile = join(tools.folder, `callgrind.${process.pid}`);
  const { status, stderr } = spawnSync('valgrind', ['--tool=callgrind', `--callgrind-out-file=${profile}`, ...command], {
    encoding: 'utf8', maxBuffer: Infinity, stdio: ['ignore', 'ignore', 'pipe'],
  });
  rmSync(profile, { force: true });
  const [, collected] = /Collected : (\d+)/.exec(stderr) ?? [];
  if (status !== 0 || !collected) throw new Error(`callgrind: ${command.join(' ')}: ${stderr}`);
  return Number(collected);
}
