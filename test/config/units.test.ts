// Tests the notation for durations and sizes in a configuration, and the errors for invalid values.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DURATION, SIZE, readQuantity, showQuantity } from '../../src/config/units.ts';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';

/** Values that are invalid both as a duration and as a size. */
const MALFORMED = [
  '',
  '1',
  's',
  'B',
  ' 1s',
  '1s ',
  '1 s',
  '-1s',
  '+1s',
  '1.5h',
  '1e3s',
  '1_000B',
  '١s',
  '1h30m',
];

describe('a duration in the configuration', () => {
  for (const [text, seconds] of [
    ['0s', 0],
    ['30s', 30],
    ['15m', 900],
    ['90m', 5400],
    ['12h', 43_200],
  ] as const) {
    it(`${text} is ${seconds} seconds`, () => {
      assert.equal(readQuantity(text, DURATION), seconds);
    });
  }

  for (const text of [...MALFORMED, '1S', '1d', '1ms', '1sec', '1constructor', `${'9'.repeat(16)}h`]) {
    it(`cannot be written as ${JSON.stringify(text)}`, () => {
      assert.equal(readQuantity(text, DURATION), undefined);
    });
  }

  it('is shown in the largest unit that divides it evenly', () => {
    assert.deepEqual(
      [0, 59, 60, 90, 5400, 3600, 43_200].map((seconds) => showQuantity(seconds, DURATION)),
      ['0s', '59s', '1m', '90s', '90m', '1h', '12h'],
    );
  });
});

describe('a size in the configuration', () => {
  for (const [text, bytes] of [
    ['0B', 0],
    ['5B', 5],
    ['1KB', 1000],
    ['64KiB', 65_536],
    ['32MB', 32_000_000],
    ['32MiB', 33_554_432],
    ['1GB', 1_000_000_000],
    ['50GiB', 53_687_091_200],
  ] as const) {
    it(`${text} is ${bytes} bytes`, () => {
      assert.equal(readQuantity(text, SIZE), bytes);
    });
  }

  for (const text of [...MALFORMED, '1b', '1K', '1kB', '1M', '1mb', '1Mi', '1PB', '999999999999999GB']) {
    it(`cannot be written as ${JSON.stringify(text)}`, () => {
      assert.equal(readQuantity(text, SIZE), undefined);
    });
  }

  it('is shown in the largest unit that divides it evenly', () => {
    assert.deepEqual(
      [0, 5, 1024, 1500, 32_000_000, 33_554_432].map((bytes) => showQuantity(bytes, SIZE)),
      ['0B', '5B', '1KiB', '1500B', '32MB', '32MiB'],
    );
  });
});

describe('a field with a duration or a size', () => {
  it('is converted to seconds or bytes', () => {
    const config = configWith(
      ['roles lake duration', '90m'],
      ['limits stall', '45s'],
      ['limits drain', '1m'],
      ['cors', { origins: ['https://app.example'], maxAge: '1h' }],
      ['responses chunkAbove', '8MiB'],
      ['readAhead memory', '1GiB'],
    );
    assert.equal(config.roles.get('lake')?.durationSeconds, 5400);
    assert.equal(config.limits.stallSeconds, 45);
    assert.equal(config.limits.drainSeconds, 60);
    assert.equal(config.cors?.maxAgeSeconds, 3600);
    assert.equal(config.chunkAbove, 8_388_608);
    assert.equal(config.readAhead.memoryBytes, 1_073_741_824);
  });

  for (const [path, value, problem] of [
    ['limits stall', 30, 'limits.stall: must be a duration from 1s to 1h, not the number 30. Write 30s.'],
    ['roles lake duration', 5400, /^roles\.lake\.duration: .*not the number 5400\. Write 90m\.$/],
    ['roles lake duration', '3600', /^roles\.lake\.duration: .*not "3600"\. Write 1h\.$/],
    ['limits drain', '9 S', /^limits\.drain: .*not "9 S"\. Write 9s\.$/],
    ['limits drain', 0, /^limits\.drain: .*not the number 0\. Write 0s\.$/],
    [
      'responses chunkAbove',
      32_000_000,
      'responses.chunkAbove: must be a size from 0B to 50TB, not the number 32000000. Write 32MB.',
    ],
    ['readAhead memory', '4MiB', /^readAhead\.memory: must be a size from 8MiB to 1TiB, not "4MiB"/],
    ['responses chunkAbove', '32 mib', /^responses\.chunkAbove: .*not "32 mib"\. Write 32MiB\.$/],
  ] as const) {
    it(`is rejected, and the error suggests the right value: ${path}: ${JSON.stringify(value)}`, () => {
      const expected = typeof problem === 'string' ? new RegExp(`^${RegExp.escape(problem)}$`) : problem;
      assertOneProblem(problemsWith([path, value]), expected);
    });
  }

  for (const [path, value, problem] of [
    [
      'roles lake duration',
      '1h30m',
      /^roles\.lake\.duration: must be a duration from 15m to 12h, not "1h30m"\. Write one whole number and one unit \(s, m, h\), like 30s or 1h\.$/,
    ],
    ['limits stall', 0.2, /^limits\.stall: .*not the number 0\.2\. Write one whole number and one unit/],
    [
      'responses chunkAbove',
      '32M',
      /^responses\.chunkAbove: .*not "32M"\. Write one whole number and one unit \(B, KB, KiB, MB, MiB, GB, GiB, TB, TiB\), like 64KiB or 32MB\.$/,
    ],
    ['responses chunkAbove', -1, /^responses\.chunkAbove: .*not the number -1\. Write one whole number/],
    ['cors', { origins: ['*'], maxAge: true }, /^cors\.maxAge: .*not the boolean true\. Write one whole/],
  ] as const) {
    it(`is rejected, and the error explains the notation: ${path}: ${JSON.stringify(value)}`, () => {
      assertOneProblem(problemsWith([path, value]), problem);
    });
  }

  for (const [path, value, problem] of [
    ['roles lake duration', '14m', 'roles.lake.duration: must be a duration from 15m to 12h, not "14m".'],
    [
      'roles lake duration',
      '43201s',
      'roles.lake.duration: must be a duration from 15m to 12h, not "43201s".',
    ],
    ['limits stall', '0s', 'limits.stall: must be a duration from 1s to 1h, not "0s".'],
    ['limits drain', '61m', 'limits.drain: must be a duration from 0s to 1h, not "61m".'],
    ['responses chunkAbove', '51TB', 'responses.chunkAbove: must be a size from 0B to 50TB, not "51TB".'],
  ] as const) {
    it(`is rejected because it is out of range: ${path}: ${value}`, () => {
      assert.deepEqual(problemsWith([path, value]), [problem]);
    });
  }

  it('has no unit in its name', () => {
    for (const [path, meant] of [
      ['limits stallSeconds', 'stall'],
      ['limits drain_seconds', 'drain'],
      ['cors maxAgeSeconds', 'maxAge'],
      ['responses chunkAboveBytes', 'chunkAbove'],
    ] as const) {
      const [problem = ''] = problemsWith(['cors', { origins: ['*'] }], [path, 30]);
      assert.match(problem, new RegExp(`: is not a known field\\. Did you mean "${meant}"\\?$`));
    }
  });
});
