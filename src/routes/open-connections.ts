// Bounds the connections that callers keep open: a new one takes the place of the oldest on which nothing is being answered.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../log.ts';
import { boundedLines } from './bounded-lines.ts';

/** Beside those with an answer under way: what waits idle for its caller's next request costs some 10 KB each. */
const MOST_IDLE = 9_000;

/** For STS (256 connections at most), Google, the log, and what Node itself opens. */
const FILES_FOR_OURSELVES = 500;

/** However few files there may be. */
const LEAST = 64;

/** Of the oldest, how many are looked at for one new; those with an answer under way then count as the newest. */
const LOOKED_AT = 64;

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
  const write = boundedLines(log, 'lines about too many connections');
  // As where there are no files left: nobody would catch it.
  server.on('error', ({ code }: NodeJS.ErrnoException) => {
    write('ERROR', 'a connection could not be taken', {
      error: code,
      remedy: 'See how many files the process may open.',
    });
  });
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const most = mostOpen(files, inFlight());
    if (open.size <= most) return;
    write('WARNING', `more than ${most} connections: the oldest idle one is closed`, {
      open: most,
      remedy: 'Somebody holds connections open: see `remoteIp` of other lines. Else add instances.',
    });
    (oldestIdle(open) ?? socket).destroy();
  });
}

/** Node tells it by this alone, and decides by it itself what a broken connection may be sent. */
export const hasAnswerUnderWay = (socket: Duplex): boolean =>
  '_httpMessage' in socket && typeof socket._httpMessage === 'object' && socket._httpMessage !== null;

/** At least half of what the process may open, as not every request has a connection to S3 of its own at once. */
function mostOpen(files: number, inFlight: number): number {
  const forOthers = files - FILES_FOR_OURSELVES;
  return Math.max(LEAST, Math.min(inFlight + MOST_IDLE, forOthers - Math.min(inFlight, forOthers / 2)));
}

function oldestIdle(open: Set<Socket>): Socket | undefined {
  for (const socket of [...open.values().take(LOOKED_AT)]) {
    if (!hasAnswerUnderWay(socket)) return socket;
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
