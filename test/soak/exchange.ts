// One request to the bridge as the schedule has it, and what came of it: each byte is compared as it comes.
import { request as ask } from 'node:http';
import type { Agent, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../support/until.ts';
import { traceparentOf } from './plan.ts';
import type { Plan } from './plan.ts';

export interface Exchange {
  /** 0 where no answer came. */
  readonly status: number;
  readonly requestId: string | undefined;
  readonly error: string | undefined;
  readonly bytes: number;
  /** Whether HTTP says that all has come. */
  readonly complete: boolean;
  /** It was the caller that went away. */
  readonly left: boolean;
  /** What is not as it must be, whatever was struck: a byte, a length, a list. */
  readonly wrong: string | undefined;
  /** `performance.now()` */
  readonly begun: number;
  readonly ended: number;
}

/** Between two chunks of a slow reader. */
const PAUSE_MS = 15;

/** Longer than the two windows that the bridge gives, by the soak's configuration. */
const STALL_MS = 9_000;

/** Of a body that is no object's: lists and error documents. */
const LONGEST_TEXT = 1024 * 1024;

/** @param agent false for a connection of its own */
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
    wrong: gone.impatient ? `no end within ${PATIENCE_MS} ms` : answer.wrong,
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
        wrong ??= `a wrong byte among ${chunk.length} from ${bytes} on`;
      bytes += chunk.length;
      progress(bytes);
      if (plan.pace === 'slow') await sleep(PAUSE_MS);
      // It keeps its connection, and takes nothing: the end of that is seen only when it reads on.
      if (plan.pace === 'stalls' && bytes === chunk.length) await sleep(STALL_MS);
    }
    ended = response.complete;
  } catch {
    // Cut: what came must still be a true beginning.
  }
  const of = (what: Buffer): string | undefined => bodyProblem(response, plan, what);
  if (ended && expected !== undefined && bytes !== expected.length)
    wrong ??= `looks complete with ${bytes} bytes of ${expected.length}`;
  if (ended && isObject) wrong ??= of(Buffer.concat(text));
  return { bytes, complete: ended, wrong };
}

/** Of what is complete: the length that HEAD tells, the keys of a list. */
function bodyProblem(response: IncomingMessage, plan: Plan, text: Buffer): string | undefined {
  const { body, keys } = plan.expected;
  if (plan.method === 'HEAD' && body !== undefined) {
    const told = response.headers['content-length'];
    return told === String(body.length) ? undefined : `HEAD says ${String(told)} of ${body.length} bytes`;
  }
  if (keys === undefined) return undefined;
  const found = plan.path.startsWith('/-/')
    ? (JSON.parse(text.toString()) as { objects: { key: string }[] }).objects.map(({ key }) => key)
    : [...text.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
  return found.join() === keys.join() ? undefined : `a list of ${found.length} keys, not of ${keys.length}`;
}
