// Runs an installed program, unmodified, until it exits or reaches its time limit.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  /** The exit code, or null if the program was killed at its time limit. */
  readonly code: number | null;
  readonly stdout: string;
  /** Standard output followed by standard error. */
  readonly said: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly directory?: string;
  readonly milliseconds?: number;
}

const LIMIT_MS = 60_000;

/** Searches /usr/bin first, so that Debian's clients are found before other programs with the same name. */
export const PATH = `/usr/bin:${process.env['PATH'] ?? ''}`;

/** Passes only PATH from this environment, so that no user's settings on this machine take effect. */
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

/**
 * @returns the reason to skip tests if one of these programs is not installed, or false; in CI a missing program
 * fails the tests
 */
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
