// Log lines are read one by one, and the result does not depend on how the stream is divided into chunks.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { jsonValues } from '../../../src/cli/egress/json-values.ts';
import type { Entry } from '../../../src/cli/egress/json-values.ts';

/** @returns the entries of the text, which must not depend on how the text is divided */
async function read(text: string): Promise<Entry[]> {
  const inPieces = async (size: number): Promise<Entry[]> => {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      text.slice(i * size, (i + 1) * size),
    );
    return Array.fromAsync(jsonValues(Readable.from(chunks)));
  };
  const whole = await inPieces(Math.max(1, text.length));
  for (const size of [1, 2, 3, 7]) assert.deepEqual(await inPieces(size), whole, `pieces of ${size}`);
  return whole;
}

const VALUES = [{ a: 1 }, { text: '}],{"\\' }, { nested: [{ b: [] }, {}] }, {}];

describe('lines of JSON', () => {
  it('are read with their line numbers, and empty lines are skipped', async () => {
    assert.deepEqual(
      await read(`\n${VALUES.map((value) => JSON.stringify(value)).join('\r\n\n')}`),
      VALUES.map((value, i) => ({ line: 2 + 2 * i, value })),
    );
  });
  it('are reported if they are invalid, and the other lines are still read', async () => {
    assert.deepEqual(await read('{"a":1}\n{"a":\nnode: warning\n{"b":2}\n'), [
      { line: 1, value: { a: 1 } },
      { line: 2, problem: 'is not JSON' },
      { line: 3, problem: 'is not JSON' },
      { line: 4, value: { b: 2 } },
    ]);
  });
  it('are reported and skipped if they are too long, so that they do not fill the memory', async () => {
    const pieces = Readable.from([
      '{"a":"',
      ...Array.from({ length: 6 }, () => 'x'.repeat(1024 * 1024)),
      '"}\n{"b":2}\n',
    ]);
    assert.deepEqual(await Array.fromAsync(jsonValues(pieces)), [
      { line: 1, problem: 'is longer than 4 MiB' },
      { line: 2, value: { b: 2 } },
    ]);
  });
});

describe('a JSON array', () => {
  it('is read element by element, with the line number of each element', async () => {
    const entries = await read(`\n${JSON.stringify(VALUES, null, 2)}\n`);
    assert.deepEqual(
      entries.map((entry) => ('value' in entry ? entry.value : entry)),
      VALUES,
    );
    assert.deepEqual(entries[1]?.line, 6);
  });
  it('may be followed by another array', async () => {
    assert.deepEqual(await read('[{"a":1}]\n[]\n[{"b":1}]\n'), [
      { line: 1, value: { a: 1 } },
      { line: 3, value: { b: 1 } },
    ]);
  });
  it('may be empty', async () => {
    assert.deepEqual(await read('[]\n'), []);
    assert.deepEqual(await read(''), []);
  });
  for (const [what, text, entries] of [
    [
      'that is truncated',
      '[{"a":1},\n{"b":',
      [
        { line: 1, value: { a: 1 } },
        { line: 2, problem: 'ends before the end of the JSON array' },
      ],
    ],
    [
      'with an invalid element',
      '[{"a":1},\n{b},{"c":1}]',
      [
        { line: 1, value: { a: 1 } },
        { line: 2, problem: 'is not JSON' },
      ],
    ],
    [
      'with text between its elements',
      '[{"a":1} x {"b":1}]',
      [
        { line: 1, value: { a: 1 } },
        { line: 1, problem: 'is not a JSON object in an array' },
      ],
    ],
    [
      'with elements that are not objects',
      '[{"a":1},\n7,null]',
      [
        { line: 1, value: { a: 1 } },
        { line: 2, problem: 'is not a JSON object in an array' },
      ],
    ],
    [
      'with lines of JSON after it',
      '[{"a":1}]\n{"b":1}\n{"c":1}\n',
      [
        { line: 1, value: { a: 1 } },
        { line: 2, problem: 'has text after the JSON array' },
      ],
    ],
    [
      'with a second closing bracket',
      '[{"a":1}]\n]',
      [
        { line: 1, value: { a: 1 } },
        { line: 2, problem: 'has text after the JSON array' },
      ],
    ],
    [
      'with text after it',
      '[{"a":1}]\nx',
      [
        { line: 1, value: { a: 1 } },
        { line: 2, problem: 'has text after the JSON array' },
      ],
    ],
  ] as const)
    it(`${what} is reported as invalid`, async () => {
      assert.deepEqual(await read(text), entries);
    });
});
