// Takes the contenders' access logs as a container runtime does: from a pipe, on another core than theirs.
import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Children } from './children.ts';

/** @returns a file descriptor to write to; what is written is read, and thrown away */
export function openLogPipe(children: Children, core: number, directory: string): number {
  const pipe = join(directory, 'log.pipe');
  execFileSync('mkfifo', [pipe]);
  children.start({ core, command: 'sh', args: ['-c', 'exec cat <"$0" >/dev/null', pipe] });
  // For both directions, so that opening it does not wait for the reader.
  return openSync(pipe, 'r+');
}
