// Runs `fedbridge trust-policy` in a child process with only the given environment variables, or runs its lint in this process.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { lintText } from '../../../src/cli/trust-policy.ts';
import { inheritedEnvironment } from '../../../src/config/load.ts';
import { ConfigError, describeProblem } from '../../../src/config/problem.ts';
import type { Expected } from '../../../src/policy/lint/expected-rules.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** The text that is written to standard input. */
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
  // The child may exit without reading its input, which causes an error here.
  child.stdin.on('error', () => undefined).end(input);
  const [code, stdout, stderr] = await Promise.all([promise, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** Returns what `--lint -` prints about a policy, without a child process. @param more further arguments */
export function linted(
  policy: unknown,
  ...more: readonly string[]
): Outcome & { readonly lines: readonly string[] } {
  const { values } = parseArgs({
    args: [...more],
    options: { 'unique-id': { type: 'string' }, audience: { type: 'string' } },
  });
  const { 'unique-id': uniqueId, audience } = values;
  return lintedFor(policy, {
    ...(uniqueId === undefined ? {} : { uniqueId }),
    ...(audience === undefined ? {} : { audience }),
  });
}

/** Like {@link linted}, but takes the expected values directly instead of as command-line options. */
export function lintedFor(
  policy: unknown,
  expected: Expected,
): Outcome & { readonly lines: readonly string[] } {
  try {
    const { text: stdout, code } = lintText(asText(policy), 'standard input', expected);
    return { code, stdout, stderr: '', lines: stdout.split('\n').slice(0, -1) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const stderr = error.problems
      .map((each) => `fedbridge trust-policy: ${describeProblem(each)}\n`)
      .join('');
    return { code: 1, stdout: '', stderr, lines: [] };
  }
}

const asText = (policy: unknown): string => (typeof policy === 'string' ? policy : JSON.stringify(policy));
