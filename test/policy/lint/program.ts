// Runs `fedbridge trust-policy` as its own process, with no variable but those given.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inheritedEnvironment } from '../../../src/config/load.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** On standard input. */
  readonly input?: string;
}

export async function runTrustPolicy(
  args: readonly string[],
  { environment = {}, input = '' }: Surroundings = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, ['src/main.ts', 'trust-policy', ...args], {
    cwd: ROOT,
    env: { ...inheritedEnvironment(), ...environment },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject).on('close', (code) => {
    resolve(code ?? -1);
  });
  // One that does not read it may be gone.
  child.stdin.on('error', () => undefined).end(input);
  const [code, stdout, stderr] = await Promise.all([promise, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** The lines that `--lint` says of a policy, from standard input; the exit code has to fit them. */
export async function linted(
  policy: unknown,
  ...more: readonly string[]
): Promise<Outcome & { readonly lines: readonly string[] }> {
  const outcome = await runTrustPolicy(['--lint', '-', ...more], { input: asText(policy) });
  return { ...outcome, lines: outcome.stdout.split('\n').slice(0, -1) };
}

const asText = (policy: unknown): string => (typeof policy === 'string' ? policy : JSON.stringify(policy));
