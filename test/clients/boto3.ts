// Calls boto3 in a separate Python process.
import { spawnSync } from 'node:child_process';
import { succeeded } from './lake.ts';
import type { Lake } from './lake.ts';
import { PATH } from './program.ts';

export type Call = readonly [method: string, args: Readonly<Record<string, unknown>>];

/** A call's result, with its body as text, or the error code in `error`. */
export type Returned = Readonly<Record<string, unknown>>;

const CALLS = new URL('boto3_calls.py', import.meta.url).pathname;

/** In CI every module counts as installed, so that a missing module fails the tests instead of skipping them. */
export const hasModule = (name: string): boolean =>
  process.env['CI'] !== undefined ||
  spawnSync('python3', ['-c', `import ${name}`], { env: { PATH }, timeout: 20_000 }).status === 0;

export const HAS_BOTO3 = hasModule('boto3');

/** Makes all calls with one boto3 client. @param env environment variables with the client's credentials */
export async function callBoto3(
  lake: Lake,
  env: Readonly<Record<string, string>>,
  calls: readonly Call[],
): Promise<readonly Returned[]> {
  const ended = await lake.run('python3', [CALLS], {
    env: { ...env, ENDPOINT: lake.url, PYTHONDONTWRITEBYTECODE: '1' },
    input: JSON.stringify(calls),
  });
  return (JSON.parse(succeeded(ended)) as (Returned | null)[]).map((returned) => returned ?? {});
}
