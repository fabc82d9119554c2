// Waits for conditions and promises, so that no test depends on the machine's speed.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

/** How long a test waits for something that must happen. The time is long enough even for a slow machine. */
export const PATIENCE_MS = 120_000;
const PAUSE_MS = 20;

/** Resolves when the condition is true; rejects after `PATIENCE_MS`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `not within ${PATIENCE_MS} ms: ${what}`);
    await setTimeout(PAUSE_MS);
  }
}

/** Settles like `promise`, but rejects after `PATIENCE_MS`, so that a hang fails the test. */
export async function inTime<Value>(what: string, promise: Promise<Value>): Promise<Value> {
  const abort = new AbortController();
  const late = setTimeout(PATIENCE_MS, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => undefined);
    abort.abort();
  }
}
