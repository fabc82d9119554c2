// Measures one contender with one object: wrk's results, and the CPU time that the contender used during the load.
import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOAD_CORE, MEASURED_CORE } from './contenders.ts';
import { http2Request } from '../support/http2-request.ts';
import type { Contender } from './contenders.ts';
import { coreBusySeconds, cpuSeconds } from './cpu-time.ts';
import type { BenchObject } from './objects.ts';
import { loadOverHttp2 } from './h2load.ts';
import { load } from './wrk.ts';

export interface Sample {
  readonly requestsPerSecond: number;
  readonly cpuMicrosecondsPerRequest: number;
  readonly mibPerSecond: number;
  readonly cpuMicrosecondsPerMib: number;
  /** The number of requests in this sample. */
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The share of the measured core that the contender used. */
  readonly busy: number;
  /** The share of the measured core that other programs, interrupts and the hypervisor used. */
  readonly foreign: number;
}

export interface Measurement {
  readonly bucket: string;
  readonly connections: number;
  readonly seconds: number;
  /** The path to request instead of the usual one; it must return the same object. */
  readonly path?: string;
  /** A file of callers' tokens to use instead of the contender's token. */
  readonly tokens?: string;
  readonly signal: AbortSignal;
}

const ANSWER_MS = 10_000;
const SETTLE_MS = 100;
const MIB = 1024 * 1024;

/** @throws Error if the contender does not respond with 200 and exactly the object */
export async function check(
  contender: Contender,
  object: BenchObject,
  measurement: Measurement,
): Promise<void> {
  const signal = AbortSignal.any([measurement.signal, AbortSignal.timeout(ANSWER_MS)]);
  const url = urlOf(contender, object, measurement);
  const { status, body } = await (contender.isHttp2
    ? getOverHttp2(url, contender.headers)
    : getOverHttp1(url, contender.headers, signal));
  if (status !== 200) {
    throw new Error(`${contender.name} responded with ${status}: ${body.toString('utf8', 0, 500)}`);
  }
  if (hash('sha256', body, 'hex') !== object.sha256()) {
    throw new Error(`${contender.name} returned ${body.length} different bytes for ${object.name}`);
  }
}

type Headers = Contender['headers'];

async function getOverHttp1(url: string, headers: Headers, signal: AbortSignal) {
  const answer = await fetch(url, { headers, signal });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

function getOverHttp2(url: string, headers: Headers) {
  const { origin, pathname } = new URL(url);
  return http2Request(origin, pathname, { headers });
}

export async function measure(
  contender: Contender,
  object: BenchObject,
  measurement: Measurement,
): Promise<Sample> {
  const { connections, seconds, tokens, signal } = measurement;
  // Waits until the contender has closed the responses that the previous load aborted.
  await sleep(SETTLE_MS);
  const before = {
    at: performance.now(),
    cpu: cpuSeconds(contender.pid),
    core: coreBusySeconds(MEASURED_CORE),
  };
  const send = contender.isHttp2 ? loadOverHttp2 : load;
  const counted = await send(urlOf(contender, object, measurement), {
    core: LOAD_CORE,
    connections,
    seconds,
    signal,
    headers: contender.headers,
    bodyBytes: object.size,
    ...(tokens === undefined ? {} : { tokens }),
  });
  const elapsed = (performance.now() - before.at) / 1000;
  const cpu = cpuSeconds(contender.pid) - before.cpu;
  const core = coreBusySeconds(MEASURED_CORE) - before.core;
  return {
    requestsPerSecond: counted.requests / counted.seconds,
    cpuMicrosecondsPerRequest: (cpu / counted.requests) * 1e6,
    mibPerSecond: counted.bytes / MIB / counted.seconds,
    cpuMicrosecondsPerMib: (cpu / (counted.bytes / MIB)) * 1e6,
    requests: counted.requests,
    p50Ms: counted.p50Ms,
    p99Ms: counted.p99Ms,
    busy: cpu / elapsed,
    foreign: Math.max(0, core - cpu) / elapsed,
  };
}

export const urlOf = (
  { origin }: Contender,
  { key }: BenchObject,
  { bucket, path = `/${bucket}/${key}` }: Pick<Measurement, 'bucket' | 'path'>,
): string => origin + path;
