// FEDBRIDGE_CONFIG as a path: which files are read, and what is said of the others.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readConfig } from '../../src/cli/read-config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { assertOneProblem, problemsOf, sampleWith } from './sample.ts';

const INLINE = `${sampleWith()}\n`;
const problemsOfEnv = (env: Environment) => problemsOf(() => readConfig(env));

describe('FEDBRIDGE_CONFIG', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-'));
  after(() => {
    rmSync(directory, { recursive: true });
  });
  const file = (name: string, content: string | Buffer) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  it('names a file', () => {
    const path = file('good.yaml', sampleWith());
    assert.deepEqual(readConfig({ FEDBRIDGE_CONFIG: path }), readConfig({ FEDBRIDGE_CONFIG: INLINE }));
  });
  it('names a file even if a newline ends the path', () => {
    const path = file('newline.yaml', sampleWith());
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: `${path}\n` }), []);
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: `${path}\r\n` }), []);
    assertOneProblem(
      problemsOfEnv({ FEDBRIDGE_CONFIG: `${directory}/missing.yaml\n` }),
      /^FEDBRIDGE_CONFIG: must name a readable file, but ".*\/missing\.yaml" does not exist/,
    );
  });
  it('names a file that may begin with a byte order mark', () => {
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: file('bom.yaml', `\ufeff${sampleWith()}`) }), []);
  });
  for (const [claim, config, problem] of [
    ['that exists', () => join(directory, 'missing.yaml'), /missing\.yaml" does not exist/],
    ['that is no directory', () => directory, /is a directory/],
    ['that is UTF-8', () => file('latin1.yaml', Buffer.from('audience: é\n', 'latin1')), /must be UTF-8/],
    ['that ends', () => '/dev/zero', /must be at most 1,048,576 bytes/],
    [
      'not larger than 1 MiB',
      () => file('large.yaml', 'é'.repeat(600_000)),
      /must be at most 1,048,576 bytes/,
    ],
    [
      'and not YAML on one line, which is not repeated',
      () => '{externalId: s3cr3t}',
      /^FEDBRIDGE_CONFIG: (?!.*s3cr3t).*newline/,
    ],
  ] as const) {
    it(`names a file ${claim}`, () => {
      assertOneProblem(problemsOfEnv({ FEDBRIDGE_CONFIG: config() }), problem);
    });
  }
});
