/** A server of files on loopback, as strict as a careful site: only its own scripts, and wasm. */

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

export const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
export const POLICY = "default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/**
 * @param {string} folder
 * @param {{ policy?: string, types?: Record<string, string>, headers?: Record<string, string>, missing?: number }} [otherwise] what to say other than a careful site does
 */
export async function serve(folder, { policy = POLICY, types = TYPES, headers = {}, missing = 404 } = {}) {
  const server = createServer(({ url }, answer) => {
    const file = join(folder, normalize(new URL(url, 'http://localhost').pathname));
    const path = file.endsWith('/') ? `${file}index.html` : file;
    if (!existsSync(path)) {
      answer.writeHead(missing, { 'content-type': 'text/html', 'content-security-policy': policy }).end('not here');
      return;
    }
    const type = types[extname(path)] ?? 'application/octet-stream';
    answer.writeHead(200, { 'content-type': type, 'content-security-policy': policy, ...headers });
    createReadStream(path).pipe(answer);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, port: server.address().port, close: () => server.close() };
}
