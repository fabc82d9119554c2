// The log's own formatting of times agrees with that of Number and Date.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { milliseconds, seconds, timestamps } from '../../src/observability/time-text.ts';

/** Durations in milliseconds, around each power of ten and each rounding limit. */
const DURATIONS = [
  0, 0.000_4, 0.000_5, 0.001, 0.009_9, 0.1, 0.25, 0.999_4, 0.999_5, 1, 1.0005, 9.999_9, 12.345_67, 100,
].concat([999.999, 999.999_5, 1_000, 1_000.001, 1_001, 59_999.999_9, 3_600_000, 86_400_000.123_4]);

describe('a duration in a log line', () => {
  it('is a JSON number of milliseconds, rounded to microseconds', () => {
    for (const duration of DURATIONS)
      assert.equal(
        JSON.parse(milliseconds(duration)),
        Math.round(duration * 1_000) / 1_000,
        String(duration),
      );
  });

  it('is text with seconds and six decimal places', () => {
    for (const duration of DURATIONS)
      assert.equal(
        seconds(duration),
        (Math.round(duration * 1_000) / 1_000_000).toFixed(6),
        String(duration),
      );
  });
});

describe('the time in a log line', () => {
  it('is in RFC 3339 format, with milliseconds', (test) => {
    const now = timestamps();
    test.mock.timers.enable({ apis: ['Date'] });
    for (const time of [0, 7, 42, 999, 1_000, 1_796_054_400_099, 1_796_054_401_000, 1_796_054_400_999]) {
      test.mock.timers.setTime(time);
      assert.equal(now(), new Date(time).toISOString());
    }
  });
});
