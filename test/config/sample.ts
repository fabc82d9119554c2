// A valid document to change in one place, and the problems that the change brings.
import assert from 'node:assert/strict';
import { readConfigDocument } from '../../src/cli/read-config.ts';
import type { Config } from '../../src/config/types.ts';
import { ConfigError, describeProblem } from '../../src/config/problem.ts';

/** A path of field names and positions, and the value to put there; undefined removes the field. */
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

/** The sample as YAML (JSON is YAML), changed. Steps of a path are separated by spaces, as names may hold dots. */
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

/** Every problem of a reading, as an operator sees it, without the line. */
export function problemsOf(read: () => Config): readonly string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ field, rule, fix }) => describeProblem({ field, rule, fix }));
  }
  return [];
}

/** The problems that changes of the sample bring. */
export function problemsWith(...changes: readonly Change[]): readonly string[] {
  const text = sampleWith(...changes);
  return problemsOf(() => readConfigDocument(text, {}));
}

/** The configuration that the changed sample is. */
export function configWith(...changes: readonly Change[]): Config {
  return readConfigDocument(sampleWith(...changes), {});
}

/** Claims that there is exactly one problem, and that it reads like this. */
export function assertOneProblem(problems: readonly string[], expected: RegExp): void {
  assert.equal(problems.length, 1, `one problem, not:\n${problems.join('\n')}`);
  assert.match(problems[0] ?? '', expected);
}
