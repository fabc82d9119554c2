// The summary of suppressed log lines has the highest severity that any of them has.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import type { Log, Severity } from '../../src/observability/log.ts';
import { limitLines, lineLimit } from '../../src/observability/bounded-lines.ts';

const WINDOW_MS = 10_000;
/** More lines than may be written in one time window. */
const FLOOD = 30;

/** @returns a log, the severities of its summaries of suppressed lines, and a function that ends the window */
function recording(test: TestContext): {
  readonly log: Log;
  readonly summaries: readonly Severity[];
  endWindow(): void;
} {
  test.mock.timers.enable({ apis: ['setTimeout'] });
  const summaries: Severity[] = [];
  const write = (severity: Severity, message: string): void => {
    if (message.startsWith('suppressed ')) summaries.push(severity);
  };
  const log = Object.assign(write, {
    isWanted: () => true,
    members: () => undefined,
    flush: () => undefined,
    end: () => Promise.resolve(),
    dropped: () => 0,
  });
  return {
    log,
    summaries,
    endWindow: () => {
      test.mock.timers.tick(WINDOW_MS);
    },
  };
}

it('a summary of suppressed log lines has the highest severity among them, whatever their order', (test) => {
  const { log, summaries, endWindow } = recording(test);
  const mayWrite = lineLimit(log, 'requests', 1);
  for (const severity of ['INFO', 'ERROR', 'WARNING'] as const) {
    mayWrite('a fault', severity);
    mayWrite('a fault', severity);
  }
  endWindow();
  assert.deepEqual(summaries, ['ERROR']);
});

it('a summary of suppressed log lines ignores the severity of lines that were written', (test) => {
  const { log, summaries, endWindow } = recording(test);
  const mayWrite = lineLimit(log, 'requests', 1);
  assert.equal(mayWrite('a fault', 'ERROR'), true);
  assert.equal(mayWrite('a fault', 'INFO'), false);
  endWindow();
  assert.deepEqual(summaries, ['INFO']);
});

it('the severity of a summary of suppressed log lines does not depend on lines from earlier time windows', (test) => {
  const { log, summaries, endWindow } = recording(test);
  const write = limitLines(log, 'connections');
  for (const severity of ['ERROR', 'WARNING'] as const) {
    for (let i = 0; i < FLOOD; i += 1) write(severity, 'too many', {});
    endWindow();
  }
  assert.deepEqual(summaries, ['ERROR', 'WARNING']);
});
