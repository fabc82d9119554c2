// Runs a program of the machine, unmodified, to its end or to its time limit.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  /** Null where the time limit ended it. */
  readonly code: number | null;
  readonly stdout: string;
  /** Both streams, the errors last. */
  readonly said: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly directory?: string;
  readonly milliseconds?: number;
}

const LIMIT_MS = 60_000;

/** Debian's own clients before others of the same name. */
export const PATH = `/usr/bin:${process.env['PATH'] ?? ''}`;

/** With no more of our environment than PATH, so that no setting of the machine's user is found. */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, input = '', directory, milliseconds = LIMIT_MS }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(program, args, {
    env: { PATH, LANG: 'C.UTF-8', ...env },
    timeout: milliseconds,
    killSignal: 'SIGKILL',
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('close', resolve).once('error', reject);
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, said: stdout + stderr };
}

/** Why tests of these programs are skipped: one is not installed. In CI none is, as `install.sh` ran: then they fail. */
export function unavailable(...programs: readonly string[]): string | false {
  const missing = process.env['CI'] === undefined ? programs.filter((program) => !isInstalled(program)) : [];
  return missing.length > 0 && `skipped, because ${missing.join(' and ')} is not installed`;
}

function isInstalled(program: string): boolean {
  return PATH.split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
