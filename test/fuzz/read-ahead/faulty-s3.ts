// A fake S3 with generated objects. Each object specifies how its responses may fail: errors, early closes, stalls, overwrites
// and expired credentials.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuse } from '../../support/stand-in-wire.ts';
import type { Random } from '../../support/random.ts';
import { startStandIn } from '../../support/stand-in.ts';
import type { Respond } from '../../support/stand-in.ts';

export type S3Fault = 'busy' | 'reset' | 'early close' | 'stall' | 'overwrite' | 'expire' | 'deny';

/** An object in the fake S3, and how the fake S3 responds to requests for it. */
export interface FaultyObject {
  readonly random: Random;
  readonly bytes: number;
  /** The probability of a fault in each request. */
  readonly faultShare: number;
  readonly faults: Readonly<Partial<Record<S3Fault, number>>>;
  readonly ignoresIfMatch: boolean;
  readonly ignoresRanges: boolean;
  /** Whether to pause often between the pieces of a body, so that parts and streams arrive in varying order. */
  readonly isSlow: boolean;
  version: number;
  /** Only credentials with this number are accepted. */
  credentials: number;
  /** The number of faults so far. */
  injected: number;
  requests: number;
  /** The number of responses in progress. */
  open: number;
}

export interface FaultyS3 {
  readonly origin: string;
  readonly objects: Map<string, FaultyObject>;
  close(): void;
}

/** Returns the bytes of a version. Bytes of different versions, and bytes at different offsets, are nearly always different. */
export function contentOf(key: string, version: number, bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = (Number(key) * 2_654_435_761 + version * 40_503) >>> 0;
  for (let i = 0; i < words.length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = state ^ i;
  }
  return Buffer.from(words.buffer, 0, bytes);
}

export const etagOf = (version: number): string => `"v${version}"`;

export async function startFaultyS3(): Promise<FaultyS3> {
  const objects = new Map<string, FaultyObject>();
  const serve: Respond = async (request, response) => {
    const key = /^\/acme-lake\/(\d+)/.exec(request.url ?? '')?.[1] ?? '';
    const object = objects.get(key);
    if (object === undefined) {
      refuse(response, 404, 'NoSuchKey');
      return;
    }
    object.open += 1;
    object.requests += 1;
    response.once('close', () => {
      object.open -= 1;
    });
    await respond(key, object, request, response);
  };
  const { origin, close } = await startStandIn(serve, { keep: false });
  return { origin, objects, close };
}

async function respond(
  key: string,
  object: FaultyObject,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { random } = object;
  const fault = random.chance(object.faultShare) ? random.weighted(withDefaults(object.faults)) : undefined;
  if (fault !== undefined) object.injected += 1;
  if (fault === 'overwrite') object.version += 1;
  if (fault === 'expire') object.credentials += 1;
  const accessKey = /Credential=AKIA(\d+)\//.exec(request.headers.authorization ?? '')?.[1];
  if (Number(accessKey) !== object.credentials) {
    refuse(response, 400, 'ExpiredToken');
    return;
  }
  if (fault === 'busy' || fault === 'deny') {
    refuse(response, fault === 'busy' ? 503 : 404, fault === 'busy' ? 'SlowDown' : 'NoSuchKey');
    return;
  }
  if (fault === 'reset') {
    request.socket.destroy();
    return;
  }
  const { version, bytes } = object;
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== etagOf(version) && !object.ignoresIfMatch) {
    refuse(response, 412, 'PreconditionFailed');
    return;
  }
  const content = contentOf(key, version, bytes);
  const range = object.ignoresRanges ? undefined : rangeOf(request.headers.range, bytes);
  const body = range === undefined ? content : content.subarray(range.first, range.last + 1);
  response.writeHead(range === undefined ? 200 : 206, {
    etag: etagOf(version),
    'content-length': body.length,
    'last-modified': new Date(version * 1000).toUTCString(),
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.first}-${range.last}/${bytes}` }),
  });
  const stopsAfter = fault === 'early close' || fault === 'stall' ? random.below(body.length) : body.length;
  await send(response, body.subarray(0, stopsAfter), object);
  if (fault === 'early close') request.socket.destroy();
  else if (fault !== 'stall') response.end();
}

async function send(response: ServerResponse, body: Buffer, { random, isSlow }: FaultyObject): Promise<void> {
  response.flushHeaders();
  for (let at = 0; at < body.length && !response.destroyed;) {
    const piece = random.between(1, 24 * 1024);
    const wantsMore = response.write(body.subarray(at, at + piece));
    at += piece;
    if (!wantsMore) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (random.chance(isSlow ? 0.3 : 0.02)) await sleep(random.below(3));
    else await new Promise(setImmediate);
  }
}

const NONE: Readonly<Record<S3Fault, number>> = {
  busy: 0,
  reset: 0,
  'early close': 0,
  stall: 0,
  overwrite: 0,
  expire: 0,
  deny: 0,
};

const withDefaults = (faults: FaultyObject['faults']): Record<S3Fault, number> => ({ ...NONE, ...faults });

/** @returns the range, limited to the object; undefined without a range */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly first: number; readonly last: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') return { first: Math.max(0, bytes - Number(to)), last: bytes - 1 };
  return { first: Number(from), last: to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1) };
}
