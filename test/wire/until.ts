// Waits for what comes by itself, for tests that must not depend on how long it takes.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

const PAUSE_MS = 20;

/** Resolves when it holds; rejects after `milliseconds`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `not within ${milliseconds} ms: ${what}`);
    await setTimeout(PAUSE_MS);
  }
}
