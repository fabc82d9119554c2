// Reads the contenders' access logs from a pipe, as a container runtime does, on a different core.
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Children } from './children.ts';

/** @returns a file descriptor to which logs can be written; the reader discards them */
export function openLogPipe(children: Children, core: number, directory: string): number {
  const pipe = join(directory, 'log.pipe');
  execFileSync('mkfifo', [pipe]);
  children.start({ core, command: 'sh', args: ['-c', 'exec cat <"$0" >/dev/null', pipe] });
  // Opening the pipe only for writing would block until a reader opens it too.
  return openSync(pipe, 'r+');
}
