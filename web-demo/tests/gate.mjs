/** A server before the stack's page, at an address of its own: it counts bytes, deploys other files, and goes away. */

import { createServer, request } from 'node:http';

const stack = new URL(process.env.HALVER_URL);

/**
 * @typedef {object} Gate
 * @property {string} address of the page
 * @property {Map<string, (body: string) => string | number | Promise<string>>} deployed by path: what a file is now, or the
 *   status it has; a promise keeps its asker waiting
 * @property {Record<string, string>} headers that each answer has, whatever the stack says
 * @property {() => { path: string, bytes: number }[]} answers in their order; bytes of their bodies
 * @property {() => Promise<void>} close ends all connections, too
 */

/** @returns {Promise<Gate>} */
export async function openGate() {
  const deployed = new Map();
  const headers = {};
  const answers = [];
  const server = createServer((asked, answer) => {
    const passed = request(new URL(asked.url, stack), { method: asked.method, headers: { ...asked.headers, host: stack.host } }, async (got) => {
      let body = Buffer.concat(await got.toArray());
      let status = got.statusCode;
      const { pathname: path } = new URL(asked.url, stack);
      const other = await deployed.get(path)?.(body.toString());
      if (typeof other === 'number') {
        status = other;
      } else if (other !== undefined) {
        body = Buffer.from(other);
      }
      answers.push({ path, bytes: body.length });
      answer.writeHead(status, { ...got.headers, ...headers, 'content-length': body.length });
      answer.end(body);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { address: `http://127.0.0.1:${server.address().port}/`, deployed, headers, answers: () => answers, close };
}
