// A valid sample document, and functions that change it and return the resulting problems.
import assert from 'node:assert/strict';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import type { Config } from '../../src/config/types.ts';
import { ConfigError, describeProblem } from '../../src/config/problem.ts';

/** A path of field names and list positions, and the new value; undefined removes the field. */
export type Change = readonly [path: string, value: unknown];

const SAMPLE = {
  audience: 'https://lake-bridge.example',
  aws: { region: 'eu-west-1', audience: 'fedbridge' },
  roles: { lake: { arn: 'arn:aws:iam::123456789012:role/gcp-lake-read' } },
  buckets: { 'acme-lake': { role: 'lake' } },
  grants: [
    { callers: ['reader@acme-prod.iam.gserviceaccount.com'], allow: ['get', 'list'], bucket: 'acme-lake' },
  ],
};

/**
 * @returns the changed sample as JSON, which is valid YAML; spaces separate the steps in a path, because names may contain dots
 */
export function sampleWith(...changes: readonly Change[]): string {
  const document = structuredClone(SAMPLE) as Record<string, unknown>;
  for (const [path, value] of changes) {
    const steps = path.split(' ');
    const last = steps.pop() ?? '';
    let parent = document;
    for (const step of steps) parent = (parent[step] ??= {}) as Record<string, unknown>;
    parent[last] = value;
  }
  return JSON.stringify(document);
}

/** @returns the lines of the error that `read` throws, without line numbers */
export function problemsOf(read: () => Config): readonly string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ field, rule, fix }) => describeProblem({ field, rule, fix }));
  }
  return [];
}

/** @returns the problems in the changed sample */
export function problemsWith(...changes: readonly Change[]): readonly string[] {
  const text = sampleWith(...changes);
  return problemsOf(() => readConfigDocument(text, {}));
}

/** @returns the configuration read from the changed sample */
export function configWith(...changes: readonly Change[]): Config {
  return readConfigDocument(sampleWith(...changes), {});
}

/** Asserts that there is exactly one problem and that it matches. */
export function assertOneProblem(problems: readonly string[], expected: RegExp): void {
  assert.equal(problems.length, 1, `one problem, not:\n${problems.join('\n')}`);
  assert.match(problems[0] ?? '', expected);
}
