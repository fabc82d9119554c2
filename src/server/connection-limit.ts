// Bounds the connections that callers keep open: a new one takes the place of the oldest on which nothing is being answered.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../observability/log.ts';
import { limitLines } from '../observability/bounded-lines.ts';

/** Beside those with an answer under way: what waits idle for its caller's next request costs some 10 KB each. */
const MOST_IDLE = 9_000;

/** For STS (256 connections at most), Google, the log, metrics, what Node itself opens, and newest ones beyond the bound. */
const FILES_FOR_OURSELVES = 500;

/** However few files there may be. */
const LEAST = 64;

/** Beyond the bound, where an answer is under way on each within it. */
const BEYOND = 100;

/** Whoever scrapes keeps one or two. */
const MOST_FOR_METRICS = 100;

/**
 * The newest is let in, as it may be the platform's probe: refused, it would have the instance ended, and all its streams.
 * @param inFlight requests that may be under way, each of which takes a connection to S3 too
 */
export function boundConnections(server: Server, log: Log, inFlight: () => number): void {
  const files = mostFiles();
  const wanted = 2 * inFlight() + MOST_IDLE + FILES_FOR_OURSELVES;
  if (files < wanted) {
    log(
      'WARNING',
      `the process may open ${files} files: no more than ${mostOpen(files, inFlight())} connections`,
      {
        remedy: `Let it open ${wanted} (LimitNOFILE, ulimit -n), or lower limits.inFlight.`,
      },
    );
  }
  keepWithin(server, log, () => mostOpen(files, inFlight()), BEYOND);
}

/** As those of callers; nobody's streams end with a scrape that is refused. */
export function boundMetricsConnections(server: Server, log: Log): void {
  keepWithin(server, log, () => MOST_FOR_METRICS, 0);
}

function keepWithin(server: Server, log: Log, mostNow: () => number, beyond: number): void {
  const write = limitLines(log, 'too many connections');
  // Unheard, it would end the process.
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
    const most = mostNow();
    if (open.size <= most) return;
    const outcome = makePlace(open, socket, most, beyond);
    write('WARNING', `more than ${most} connections: ${outcome}`, {
      open: open.size,
      remedy: 'Somebody holds connections open: see `remoteIp` of other lines. Else add instances.',
    });
  });
}

/** @returns what became of it, for the line */
function makePlace(open: Set<Socket>, newest: Socket, most: number, beyond: number): string {
  let closed = false;
  while (open.size > most) {
    const idle = oldestIdle(open, newest);
    if (idle === undefined) break;
    close(open, idle);
    closed = true;
  }
  if (closed) return 'the oldest idle one is closed';
  if (open.size <= most + beyond) return 'none is idle, the newest is let in beyond them';
  close(open, newest);
  return 'none is idle, the newest is closed';
}

/** Its place is free at once: several may come before it says that it is closed. */
function close(open: Set<Socket>, socket: Socket): void {
  open.delete(socket);
  socket.destroy();
}

/** Node tells it by this alone, and decides by it itself what a broken connection may be sent. */
export const hasResponseInProgress = (socket: Duplex): boolean =>
  '_httpMessage' in socket && typeof socket._httpMessage === 'object' && socket._httpMessage !== null;

/** Of what is not for ourselves at least half, as not every request has a connection to S3 of its own at once. */
function mostOpen(files: number, inFlight: number): number {
  const forOthers = files - FILES_FOR_OURSELVES;
  return Math.max(LEAST, Math.min(inFlight + MOST_IDLE, forOthers - Math.min(inFlight, forOthers / 2)));
}

/** Those with an answer under way then count as the newest, so that the next one is found at once. */
function oldestIdle(open: Set<Socket>, newest: Socket): Socket | undefined {
  let left = open.size;
  for (const socket of open) {
    if (left-- === 0) return undefined;
    if (socket !== newest && !hasResponseInProgress(socket)) return socket;
    // The walk comes by it again, at its end.
    open.delete(socket);
    open.add(socket);
  }
  return undefined;
}

/** Node has raised the soft limit to the hard one (proc(5), limits); other systems than Linux are for development. */
function mostFiles(): number {
  try {
    const [, files = ''] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return files === '' ? Infinity : Number(files);
  } catch {
    return Infinity;
  }
}
