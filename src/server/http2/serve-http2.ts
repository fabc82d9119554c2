// Serves HTTP/2 without TLS on an HTTP/1 server's port, for connections that begin with the HTTP/2 preface.
import type { Server } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { limitLines } from '../../observability/bounded-lines.ts';
import type { Log } from '../../observability/log.ts';
import type { CallerListener } from '../../runtime/caller-exchange.ts';
import { detectProtocol } from './detect-http2.ts';
import { openSession } from './session.ts';
import type { Http2Limits } from './session.ts';

export interface Http2Service {
  /** Accepts no new streams, and closes each session when its last stream has ended. */
  startDraining(): void;
  /** Closes all connections at once. */
  closeAll(): void;
}

/** Must be called before the server listens, and before anything else handles its connections. */
export function serveHttp2(
  server: Server,
  onRequest: CallerListener,
  { log, ...limits }: Http2Limits & { readonly log: Log },
): Http2Service {
  const undecided = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const write = limitLines(log, 'HTTP/2 connections');
  const onRejected = (code: string, remoteIp: string | undefined): void => {
    write('WARNING', `closed an HTTP/2 connection: ${code}`, {
      httpRequest: { remoteIp },
      error: code,
      remedy:
        'No action needed unless the error recurs: a client violated the HTTP/2 protocol or exceeded one of the limits in docs/reference/limits.md.',
    });
  };
  const open = (socket: Socket): void => {
    const session = openSession(socket, limits, { onRequest, onRejected });
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  };

  // The HTTP/1 server's own listeners, which get the connections that do not speak HTTP/2.
  const serveHttp1 = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    undecided.add(socket);
    const deadline = setTimeout(() => socket.destroy(), limits.firstRequestMs).unref();
    const decided = (): void => {
      clearTimeout(deadline);
      undecided.delete(socket);
    };
    socket.once('close', decided);
    detectProtocol(socket, (protocol) => {
      socket.off('close', decided);
      decided();
      if (protocol === 'http2') {
        open(socket);
        return;
      }
      for (const serve of serveHttp1) serve.call(server, socket);
      socket.resume();
    });
  });

  const closeUndecided = (): void => {
    for (const socket of undecided) socket.destroy();
  };
  return {
    startDraining: () => {
      for (const session of sessions) session.close();
      closeUndecided();
    },
    closeAll: () => {
      for (const session of sessions) session.destroy();
      closeUndecided();
    },
  };
}
