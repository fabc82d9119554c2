// If the trace exporter cannot be loaded, the bridge stops keeping requests for it, because they would fill the memory.
import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { it } from 'node:test';
import type { TraceSettings } from '../../src/config/types.ts';
import { createLog } from '../../src/observability/log.ts';
import { requestContexts } from '../../src/observability/request-context.ts';
import { createTraces } from '../../src/observability/traces.ts';
import { until } from '../support/until.ts';

it('requests are not kept for tracing once loading the trace exporter has failed', async () => {
  const lines: string[] = [];
  const log = createLog('error', {
    write: (text) => {
      lines.push(text);
    },
    flush: () => undefined,
    end: () => Promise.resolve(),
    dropped: () => 0,
  });
  const settings: TraceSettings = {
    url: 'http://127.0.0.1:4318/v1/traces',
    headers: {},
    // Throws an error, as the import of a file that is missing from an incomplete installation does.
    get resource(): never {
      throw new Error('cannot be loaded');
    },
    delayMs: 20,
    sampler: { parentBased: false, ratio: 1 },
  };
  const traces = createTraces(settings, log);
  const record = traces.recordAfter(() => undefined);
  const contextOf = requestContexts();
  let described = 0;
  const finish = (): void => {
    const request = new IncomingMessage(new Socket());
    const context = contextOf(request, new ServerResponse(request));
    context.caller = { subject: '1' };
    Object.defineProperty(context, 'bucket', {
      get: () => {
        described += 1;
        return undefined;
      },
    });
    record(context);
  };
  finish();
  assert.equal(described, 1);
  await until('the failure is logged', () => lines.join('').includes('traces cannot be exported'));
  finish();
  assert.equal(described, 1);
  await traces.end(100);
});
