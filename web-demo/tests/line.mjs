/** A line between the browser and the world that can be cut: a plain HTTP proxy on loopback. */

import { createServer, request } from 'node:http';

/** @returns {Promise<{ server: string, cut: () => void, close: () => void }>} `cut` ends all that is under way on it */
export async function openLine() {
  const sockets = new Set();
  const proxy = createServer((asked, answer) => {
    const passed = request(asked.url, { method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.on('error', () => passed.destroy());
    asked.pipe(passed);
  });
  proxy.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const cut = () => sockets.forEach((socket) => socket.destroy());
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = () => {
    cut();
    proxy.close();
  };
  return { server: `http://127.0.0.1:${proxy.address().port}`, cut, close };
}
