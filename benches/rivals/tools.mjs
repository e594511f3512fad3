/** What the comparison needs: built here, or installed by name where it is missing, and said. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where everything is built: cargo's target folder of the product. */
const target = JSON.parse(cargo(['metadata', '--format-version', '1', '--no-deps'], 'pipe')).target_directory;

/** Everything that is made and measured, never committed. */
export const folder = join(target, 'rivals');
mkdirSync(folder, { recursive: true });

/** Has apt install the packages whose files are not there. */
function debian(packages) {
  const missing = packages.filter(([, file]) => !existsSync(file)).map(([name]) => name);
  if (!missing.length) return;
  console.error(`installing through apt: ${missing.join(' ')}`);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** `djpeg` and `cjpeg`. */
export function turboPrograms() {
  debian([['libjpeg-turbo-progs', '/usr/bin/djpeg']]);
}

/** `cwebp`. */
export function webpPrograms() {
  debian([['webp', '/usr/bin/cwebp']]);
}

/** `chromium`, and the fonts of the pages that it draws. */
export function chromium() {
  debian([['chromium', '/usr/bin/chromium'], ['fonts-dejavu-core', '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf']]);
}

/** `oxipng`, built by cargo. */
export function oxipng() {
  const root = join(folder, 'oxipng');
  const program = join(root, 'bin', 'oxipng');
  if (!existsSync(program)) {
    console.error('installing oxipng through cargo');
    cargo(['install', '--quiet', '--locked', '--root', root, '--version', '10.1.1', 'oxipng']);
  }
  return program;
}

export function valgrind() {
  debian([['valgrind', '/usr/bin/valgrind']]);
}

/** sharp, as the lock file has it. */
export function packages() {
  const changed = (file) => statSync(join(here, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changed('node_modules/.package-lock.json') >= changed('package-lock.json')) return;
  console.error('installing npm packages');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: 'inherit' });
}

/** The C programs. */
export function turbo() {
  debian([['libturbojpeg0-dev', '/usr/include/turbojpeg.h'], ['libjpeg62-turbo-dev', '/usr/include/jpeglib.h']]);
  return compile('turbo', ['-lturbojpeg', '-ljpeg']);
}

export function cost() {
  return compile('cost', []);
}

function compile(name, libraries) {
  const program = join(folder, name);
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, join(here, `${name}.c`), ...libraries], { stdio: 'inherit' });
  return program;
}

/** Our own programs for the comparison: `job` and `likeness`; for a processor of that name, or for any. */
export function ours(processor) {
  const built = ['build', '--quiet', '--release', '--manifest-path', 'benches/Cargo.toml', '--package', 'halver-rivals'];
  const target = processor ? join(folder, processor) : folder;
  const flags = processor ? { RUSTFLAGS: `-C target-cpu=${processor}` } : {};
  cargo([...built, '--target-dir', target], 'ignore', flags);
  return Object.fromEntries(['job', 'likeness'].map((name) => [name, join(target, 'release', name)]));
}

/** The command line, as `cargo build --release` makes it. */
export function halver() {
  cargo(['build', '--quiet', '--release', '--package', 'halver-cli']);
  return join(target, 'release', 'halver');
}

/** The browser package in `wasm/dist`. */
export function wasm() {
  cargo(['xtask', 'wasm']);
}

/** What a script beside this one prints. */
export function node(script, parameters) {
  return execFileSync('node', [join(here, script), ...parameters], { encoding: 'utf8' });
}

function cargo(parameters, stdout = 'ignore', variables = {}) {
  const env = { ...process.env, ...variables };
  return execFileSync('cargo', parameters, { cwd: root, encoding: 'utf8', env, stdio: ['ignore', stdout, 'inherit'] });
}
