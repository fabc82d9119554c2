// Limits the connections that callers keep open: a new one replaces the oldest one without a response in progress.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../observability/log.ts';
import { limitLines } from '../observability/bounded-lines.ts';

/** In addition to those with a response in progress. An idle connection costs about 10 KB. */
const MAX_IDLE = 9_000;

/** For STS (at most 256 connections), Google, the log, metrics, Node itself, and new connections over the limit. */
const RESERVED_FILES = 500;

/** However few files the process may open. */
const MIN_CONNECTIONS = 64;

/** Over the limit, if each connection within it has a response in progress. */
const MAX_OVER_LIMIT = 100;

/** A scraper keeps one or two. */
const MAX_FOR_METRICS = 100;

/**
 * The newest connection is accepted, as it may be the platform's probe: if that failed, the platform would end the instance, and all
 * of its streams.
 * @param parts.inFlight requests that may be in progress, each of which takes a connection to S3, too
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
      `the process may open ${files} files: no more than ${maxOpen(files, inFlight())} connections`,
      {
        remedy: `Let it open ${wanted} (LimitNOFILE, ulimit -n), or lower limits.inFlight.`,
      },
    );
  }
  limitConnections(server, log, {
    maxNow: () => maxOpen(files, inFlight()),
    overLimit: MAX_OVER_LIMIT,
    isResponding,
  });
}

/** As with callers, but none over the limit: a scrape that fails ends nobody's stream. */
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
  // Without a listener it would end the process.
  server.on('error', ({ code }: NodeJS.ErrnoException) => {
    write('ERROR', 'a connection could not be taken', {
      error: code,
      remedy: 'Look the code up; where it names files, see how many the process may open.',
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
      remedy: 'Somebody holds connections open: see `remoteIp` of other lines. Else add instances.',
    });
  });
}

/** @returns what was closed, for the log line */
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
  if (closed) return 'the oldest idle one is closed';
  if (open.size <= max + overLimit) return 'none is idle, the newest is let in beyond them';
  close(open, newest);
  return 'none is idle, the newest is closed';
}

/** Its slot is free at once: several connections may come before it emits `close`. */
function close(open: Set<Socket>, socket: Socket): void {
  open.delete(socket);
  socket.destroy();
}

/** At least half of the files that are not reserved, as not every request has a connection to S3 at once. */
function maxOpen(files: number, inFlight: number): number {
  const forOthers = files - RESERVED_FILES;
  return Math.max(
    MIN_CONNECTIONS,
    Math.min(inFlight + MAX_IDLE, forOthers - Math.min(inFlight, forOthers / 2)),
  );
}

/** Those with a response in progress are moved to the end, so that the next search finds an idle one at once. */
function oldestIdle(
  open: Set<Socket>,
  newest: Socket,
  isResponding: (socket: Duplex) => boolean,
): Socket | undefined {
  let unchecked = open.size;
  for (const socket of open) {
    if (unchecked-- === 0) return undefined;
    if (socket !== newest && !isResponding(socket)) return socket;
    // The loop reaches it again, at its end.
    open.delete(socket);
    open.add(socket);
  }
  return undefined;
}

/** Node has raised the soft limit to the hard one (proc(5), limits). Systems other than Linux are for development. */
function maxFiles(): number {
  try {
    const [, files = ''] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return files === '' ? Infinity : Number(files);
  } catch {
    return Infinity;
  }
}
