// Sends one scheduled request to the bridge, and compares each byte of the response with the expected body.
import { request as ask } from 'node:http';
import type { Agent, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../support/until.ts';
import { traceparentOf } from './plan.ts';
import type { Plan } from './plan.ts';

export interface Exchange {
  /** The response status; 0 if there was no response. */
  readonly status: number;
  readonly requestId: string | undefined;
  readonly error: string | undefined;
  readonly bytes: number;
  /** Whether the body ended as its HTTP framing requires. */
  readonly complete: boolean;
  /** Whether the caller disconnected. */
  readonly left: boolean;
  /** An error that no injected fault can explain: a wrong byte, length or list, or a response that takes too long. */
  readonly wrong: string | undefined;
  /** The start of the request, as a value of `performance.now()`. */
  readonly begun: number;
  readonly ended: number;
}

/** How long a slow caller waits between two chunks. */
const PAUSE_MS = 15;

/** How long a stalled caller reads nothing. The time is longer than both slow-reader limits in the soak's configuration. */
const STALL_MS = 9_000;

/** The maximum number of bytes of a list or error document to keep. */
const LONGEST_TEXT = 1024 * 1024;

/** @param agent the agent whose connections are reused; false to open a new connection */
export async function exchange(
  origin: string,
  plan: Plan,
  authorization: string | undefined,
  agent: Agent | false,
): Promise<Exchange> {
  const { hostname, port } = new URL(origin);
  const begun = performance.now();
  const headers = {
    traceparent: traceparentOf(plan),
    ...plan.headers,
    ...(authorization === undefined ? {} : { authorization }),
  };
  const { promise, resolve } = Promise.withResolvers<IncomingMessage | { readonly failed: string }>();
  const gone = { left: false, impatient: false };
  const request = ask({ hostname, port, path: plan.path, method: plan.method, headers, agent }, resolve);
  request.on('error', (error: NodeJS.ErrnoException) => {
    resolve({ failed: error.code ?? error.message });
  });
  request.end();
  const leave = (): void => {
    gone.left = true;
    request.destroy();
  };
  const patience = setTimeout(() => {
    gone.impatient = true;
    request.destroy();
  }, PATIENCE_MS);
  const leaving = plan.leaves?.bytes === 0 ? setTimeout(leave, plan.leaves.milliseconds) : undefined;
  const response = await promise;
  const answer =
    'failed' in response
      ? { bytes: 0, complete: false, wrong: undefined }
      : await readAnswer(response, plan, (bytes) => {
          if (plan.leaves !== undefined && bytes >= plan.leaves.bytes && plan.leaves.bytes > 0) leave();
        });
  clearTimeout(patience);
  clearTimeout(leaving);
  const met = 'failed' in response ? undefined : response;
  return {
    ...answer,
    wrong: gone.impatient ? `not finished within ${PATIENCE_MS} ms` : answer.wrong,
    status: met?.statusCode ?? 0,
    requestId: String(met?.headers['x-request-id'] ?? '') || undefined,
    error:
      'failed' in response ? response.failed : String(met?.headers['x-fedbridge-error'] ?? '') || undefined,
    left: gone.left,
    begun,
    ended: performance.now(),
  };
}

async function readAnswer(
  response: IncomingMessage,
  plan: Plan,
  progress: (bytes: number) => void,
): Promise<Pick<Exchange, 'bytes' | 'complete' | 'wrong'>> {
  const status = response.statusCode ?? 0;
  const isObject = status === 200 || status === 206;
  const expected = isObject && plan.method === 'GET' ? plan.expected.body : undefined;
  const text: Buffer[] = [];
  let bytes = 0;
  let wrong: string | undefined;
  let ended = false;
  response.on('error', () => undefined);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (expected === undefined) {
        if (bytes < LONGEST_TEXT) text.push(chunk);
      } else if (!chunk.equals(expected.subarray(bytes, bytes + chunk.length)))
        wrong ??= `a wrong byte among ${chunk.length} after byte ${bytes}`;
      bytes += chunk.length;
      progress(bytes);
      if (plan.pace === 'slow') await sleep(PAUSE_MS);
      // A stalled caller reads nothing for a while, and notices a closed connection only when it reads again.
      if (plan.pace === 'stalls' && bytes === chunk.length) await sleep(STALL_MS);
    }
    ended = response.complete;
  } catch {
    // A truncated body is allowed here, but the bytes before the end must be correct.
  }
  const of = (what: Buffer): string | undefined => bodyProblem(response, plan, what);
  if (ended && expected !== undefined && bytes !== expected.length)
    wrong ??= `looks complete with ${bytes} bytes of ${expected.length}`;
  if (ended && isObject) wrong ??= of(Buffer.concat(text));
  return { bytes, complete: ended, wrong };
}

/** Compares a HEAD response's Content-Length, or a list's keys, with the plan. */
function bodyProblem(response: IncomingMessage, plan: Plan, text: Buffer): string | undefined {
  const { body, keys } = plan.expected;
  if (plan.method === 'HEAD' && body !== undefined) {
    const told = response.headers['content-length'];
    return told === String(body.length)
      ? undefined
      : `HEAD reports ${String(told)} instead of ${body.length} bytes`;
  }
  if (keys === undefined) return undefined;
  const found = plan.path.startsWith('/-/')
    ? (JSON.parse(text.toString()) as { objects: { key: string }[] }).objects.map(({ key }) => key)
    : [...text.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
  return found.join() === keys.join()
    ? undefined
    : `a list of ${found.length} keys instead of ${keys.length}`;
}
