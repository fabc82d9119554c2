// If FEDBRIDGE_CONFIG is a path, it must name a readable file of limited size; anything else is an error.
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

  it('may be the path of a file', () => {
    const path = file('good.yaml', sampleWith());
    assert.deepEqual(readConfig({ FEDBRIDGE_CONFIG: path }), readConfig({ FEDBRIDGE_CONFIG: INLINE }));
  });
  it('may be a path that ends with a newline', () => {
    const path = file('newline.yaml', sampleWith());
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: `${path}\n` }), []);
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: `${path}\r\n` }), []);
    assertOneProblem(
      problemsOfEnv({ FEDBRIDGE_CONFIG: `${directory}/missing.yaml\n` }),
      /^FEDBRIDGE_CONFIG: must be the path to a readable file, but ".*\/missing\.yaml" does not exist/,
    );
  });
  it('may be the path of a file that begins with a byte order mark', () => {
    assert.deepEqual(problemsOfEnv({ FEDBRIDGE_CONFIG: file('bom.yaml', `\ufeff${sampleWith()}`) }), []);
  });
  for (const [claim, config, problem] of [
    ['the path of a missing file', () => join(directory, 'missing.yaml'), /missing\.yaml" does not exist/],
    ['the path of a directory', () => directory, /is a directory/],
    [
      'the path of a file that is not UTF-8',
      () => file('latin1.yaml', Buffer.from('audience: é\n', 'latin1')),
      /must be UTF-8/,
    ],
    ['the path of an endless device', () => '/dev/zero', /must be at most 1,048,576 bytes/],
    [
      'the path of a file larger than 1 MiB',
      () => file('large.yaml', 'é'.repeat(600_000)),
      /must be at most 1,048,576 bytes/,
    ],
    [
      'YAML on one line, and its text is not shown',
      () => '{externalId: s3cr3t}',
      /^FEDBRIDGE_CONFIG: (?!.*s3cr3t).*newline/,
    ],
  ] as const) {
    it(`is rejected if it is ${claim}`, () => {
      assertOneProblem(problemsOfEnv({ FEDBRIDGE_CONFIG: config() }), problem);
    });
  }
});
