/** The page's JSDoc types hold, strictly. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const here = fileURLToPath(new URL('.', import.meta.url));

for (const project of ['tsconfig.json', 'tsconfig.worker.json']) {
  test(`tsc finds nothing to say (${project})`, () => {
    const { status, stdout, error } = spawnSync(process.execPath, [compiler, '--project', project], { cwd: here, encoding: 'utf8' });
    assert.ifError(error);
    assert.equal(status, 0, stdout);
  });
}
