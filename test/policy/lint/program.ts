// Runs `fedbridge trust-policy` as its own process, with no variable but those given, or only its lint in this one.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { lintText } from '../../../src/cli/trust-policy.ts';
import { inheritedEnvironment } from '../../../src/config/load.ts';
import { ConfigError, describeProblem } from '../../../src/config/problem.ts';

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

/** What `--lint -` prints about a policy, without a process of its own. @param more further arguments of it */
export function linted(
  policy: unknown,
  ...more: readonly string[]
): Outcome & { readonly lines: readonly string[] } {
  const { values } = parseArgs({
    args: [...more],
    options: { 'unique-id': { type: 'string' }, audience: { type: 'string' } },
  });
  const { 'unique-id': uniqueId, audience } = values;
  try {
    const { text: stdout, code } = lintText(asText(policy), 'standard input', {
      ...(uniqueId === undefined ? {} : { uniqueId }),
      ...(audience === undefined ? {} : { audience }),
    });
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
