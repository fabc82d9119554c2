// A response from S3 whose chunks and end the test sends, and the events of a joined body for a test that ignores them.
import assert from 'node:assert/strict';
import type { Sink, UpstreamResponse } from '../../../src/http1/exchange.ts';
import type { JoinedBodyEvents } from '../../../src/s3/read-ahead/joined-body.ts';

/** @returns the response, and a function that returns the sink that the test writes to once something reads the response */
export function heldResponse(): { readonly response: UpstreamResponse; sink(): Sink } {
  let sink: Sink | undefined;
  return {
    response: {
      status: 200,
      headers: [],
      pipe: (to) => {
        sink = to;
      },
      resume: () => undefined,
      abort: () => undefined,
    },
    sink: () => sink ?? assert.fail('nothing reads the response'),
  };
}

export const IGNORED_EVENTS: JoinedBodyEvents = {
  onPartRequested: () => undefined,
  onPartUsed: () => undefined,
  onFallback: () => undefined,
  onEnd: () => undefined,
};
