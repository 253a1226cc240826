// A door between the browser and the server that can be shut, that can swallow what comes, and behind which another build
// can be put. Unlike `context.route` it also stands before the service worker.
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

export async function openGate() {
  let target;
  const sockets = new Set();
  /** Path or pattern → (body, headers) => { status, body }. */
  const replaced = [];
  let state = 'open';

  const server = createServer((incoming, outgoing) => {
    if (state === 'silent') return;
    const path = new URL(incoming.url, 'http://gate').pathname;
    const change = replaced.find(([pattern]) => (typeof pattern === 'string' ? pattern === path : pattern.test(path)))?.[1];
    const headers = { ...incoming.headers, ...(change && { 'accept-encoding': 'identity', 'if-none-match': '' }) };
    const forward = ask({ ...target, method: incoming.method, path: incoming.url, headers }, async (answer) => {
      if (!change) {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      const next = change(Buffer.concat(chunks).toString());
      const { 'content-length': _length, etag: _tag, ...rest } = answer.headers;
      outgoing.writeHead(next.status ?? answer.statusCode, { ...rest, 'cache-control': 'no-store' });
      outgoing.end(next.body);
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  server.on('upgrade', (incoming, socket, head) => {
    if (state !== 'open') return void socket.destroy();
    const through = connect(target.port, target.host, () => {
      const lines = incoming.rawHeaders.reduce((text, value, index) => text + value + (index % 2 ? '\r\n' : ': '), '');
      through.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines}\r\n`);
      through.write(head);
      through.pipe(socket).pipe(through);
    });
    for (const end of [socket, through]) {
      end.on('error', () => end.destroy());
      end.on('close', () => (end === socket ? through : socket).destroy());
    }
  });
  server.on('connection', (socket) => {
    if (state === 'shut') return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const cut = (next) => {
    state = next;
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    /** To `host:port`. */
    leadTo(listen) {
      const [host, port] = listen.split(':');
      target = { host, port: Number(port) };
    },
    url: `http://127.0.0.1:${server.address().port}`,
    /** As if the server had been stopped. */
    shut: () => cut('shut'),
    /** A connection that is there and brings nothing. */
    silence: () => cut('silent'),
    open: () => cut('open'),
    replace: (pattern, change) => replaced.push([pattern, change]),
    restore: () => replaced.splice(0),
    close: () => {
      cut('shut');
      server.close();
    },
  };
}
