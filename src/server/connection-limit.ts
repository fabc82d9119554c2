// Limits the connections that callers keep open: a new connection replaces the oldest connection that has no response in
// progress.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../observability/log.ts';
import { limitLines } from '../observability/bounded-lines.ts';

/**
 * The number of connections that are allowed in addition to the maximum number of requests in progress. An idle connection
 * takes about 10 KB.
 */
const MAX_IDLE = 9_000;

/**
 * The number of file descriptors that are reserved for STS (at most 256 connections), Google, the log, metrics, Node itself,
 * and new connections over the limit.
 */
const RESERVED_FILES = 500;

/** The minimum limit, even if the process may open only a few files. */
const MIN_CONNECTIONS = 64;

/** The number of connections that are accepted above the limit if every open connection has a response in progress. */
const MAX_OVER_LIMIT = 100;

/** The maximum number of connections to the metrics port. A Prometheus scraper keeps only one or two connections open. */
const MAX_FOR_METRICS = 100;

/**
 * Limits the server's connections, but always accepts the newest connection, because it may be the platform's probe. If the probe
 * failed, the platform would stop the instance and interrupt all of its downloads.
 * @param parts.inFlight the maximum number of requests in progress. Each request also needs a connection to S3
 * @param parts.isResponding whether a response is in progress on a connection
 */
export function boundConnections(
  server: Server,
  log: Log,
  parts: { readonly inFlight: () => number; readonly isResponding: (socket: Duplex) => boolean },
): void {
  const { inFlight, isResponding } = parts;
  const files = maxFiles();
  const wanted = 2 * inFlight() + MAX_IDLE + RESERVED_FILES;
  if (files < wanted) {
    log(
      'WARNING',
      `the process may open only ${files} files, so the bridge keeps at most ${maxOpen(files, inFlight())} connections open`,
      {
        remedy: `Raise the process's open-file limit to ${wanted} (LimitNOFILE, ulimit -n), or lower limits.inFlight.`,
      },
    );
  }
  limitConnections(server, log, {
    maxNow: () => maxOpen(files, inFlight()),
    overLimit: MAX_OVER_LIMIT,
    isResponding,
  });
}

/** Like `boundConnections`, but never exceeds the limit, because a failed scrape interrupts no download. */
export function boundMetricsConnections(server: Server, log: Log): void {
  const responding = new WeakSet<Duplex>();
  server.on('request', ({ socket }, response) => {
    responding.add(socket);
    response.once('close', () => responding.delete(socket));
  });
  limitConnections(server, log, {
    maxNow: () => MAX_FOR_METRICS,
    overLimit: 0,
    isResponding: (socket) => responding.has(socket),
  });
}

interface Limit {
  readonly maxNow: () => number;
  readonly overLimit: number;
  readonly isResponding: (socket: Duplex) => boolean;
}

function limitConnections(server: Server, log: Log, limit: Limit): void {
  const write = limitLines(log, 'too many connections');
  // Without a listener, an error would end the process.
  server.on('error', ({ code }: NodeJS.ErrnoException) => {
    write('ERROR', 'a connection could not be accepted', {
      error: code,
      remedy: "Look up the error code. If the code is EMFILE or ENFILE, raise the process's open-file limit.",
    });
  });
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const max = limit.maxNow();
    if (open.size <= max) return;
    const outcome = makeRoom(open, socket, { ...limit, max });
    write('WARNING', `more than ${max} connections: ${outcome}`, {
      open: open.size,
      remedy:
        'Check `remoteIp` in other log lines for a client that holds connections open. If no client does, add instances.',
    });
  });
}

/** @returns a description of what was closed, for the log line */
function makeRoom(
  open: Set<Socket>,
  newest: Socket,
  { max, overLimit, isResponding }: Limit & { readonly max: number },
): string {
  let closed = false;
  while (open.size > max) {
    const idle = oldestIdle(open, newest, isResponding);
    if (idle === undefined) break;
    close(open, idle);
    closed = true;
  }
  if (closed) return 'closed the oldest idle connection';
  if (open.size <= max + overLimit)
    return 'no connection is idle, so the newest connection was accepted beyond the limit';
  close(open, newest);
  return 'no connection is idle, so the newest connection was closed';
}

/**
 * Frees the slot at once instead of at the socket's `close` event, because several connections may arrive before that event.
 */
function close(open: Set<Socket>, socket: Socket): void {
  open.delete(socket);
  socket.destroy();
}

/**
 * Returns the maximum number of callers' connections. At most half of the unreserved file descriptors are set aside for
 * connections to S3, because not all requests need such a connection at the same time.
 */
function maxOpen(files: number, inFlight: number): number {
  const forOthers = files - RESERVED_FILES;
  return Math.max(
    MIN_CONNECTIONS,
    Math.min(inFlight + MAX_IDLE, forOthers - Math.min(inFlight, forOthers / 2)),
  );
}

/**
 * Returns the oldest idle connection. Moves connections with a response in progress to the end of the set, so that the next
 * search finds an idle connection at once.
 */
function oldestIdle(
  open: Set<Socket>,
  newest: Socket,
  isResponding: (socket: Duplex) => boolean,
): Socket | undefined {
  let unchecked = open.size;
  for (const socket of open) {
    if (unchecked-- === 0) return undefined;
    if (socket !== newest && !isResponding(socket)) return socket;
    // Moves the connection to the end of the set. `unchecked` ends the loop before it reaches the connection again.
    open.delete(socket);
    open.add(socket);
  }
  return undefined;
}

/**
 * Reads the soft limit on open files, which Node has raised to the hard limit at startup (proc(5), limits). Returns Infinity on
 * systems other than Linux, which are for development only.
 */
function maxFiles(): number {
  try {
    const [, files = ''] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return files === '' ? Infinity : Number(files);
  } catch {
    return Infinity;
  }
}
