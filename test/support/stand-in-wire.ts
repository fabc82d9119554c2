// Starts a bridge whose bucket is in a fake S3, with helpers for requests, log lines and metrics.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogLine } from './bridge-process.ts';
import { configured, READER_MAY_ALL } from './configuration.ts';
import { startClockedWire } from './faked-clock.ts';
import type { ClockedWire } from './faked-clock.ts';
import { startMeasuredWire } from './metrics.ts';
import type { MeasuredWire } from './metrics.ts';
import type { WireOptions } from './wire.ts';
import { open, request } from './http-request.ts';
import type { Reply, RequestOptions } from './http-request.ts';
import { startStandIn } from './stand-in.ts';
import type { Respond, StandIn } from './stand-in.ts';

export interface StoodIn {
  readonly s3: StandIn;
  /** Sets the fake S3's responses, and clears the recorded requests. */
  s3Answers(answer: Respond): void;
  /** Returns the requests to S3 since the last call to `s3Answers`. */
  asked(): readonly IncomingMessage[];
  /** Sends a request as `reader`, by default for an arbitrary key. */
  read(options?: RequestOptions & { readonly path?: string }): Promise<Reply>;
  /** Like `read`, but resolves as soon as the response headers have arrived. */
  open(options?: RequestOptions & { readonly path?: string }): Promise<IncomingMessage>;
  /** Returns the log line for this response, even if the response is incomplete. */
  lineOf(reply: Pick<Reply, 'headers'>): Promise<LogLine>;
  /** Returns the number of S3 requests that the bridge retried for this reason. */
  repeated(reason: string): Promise<number>;
}

export interface StoodInWire extends MeasuredWire, StoodIn {}

export interface ClockedStoodInWire extends ClockedWire, StoodIn {}

export interface StoodInOptions {
  /** Additional lines of the configuration's YAML. */
  readonly more?: string;
  /** Additional fields of the bucket in the configuration. */
  readonly bucket?: string;
}

export const startStoodInWire = (options: StoodInOptions = {}): Promise<StoodInWire> =>
  startWith(startMeasuredWire, options);

/** Starts the bridge in a separate process whose clocks a test can set. */
export const startClockedStoodInWire = (options: StoodInOptions = {}): Promise<ClockedStoodInWire> =>
  startWith(startClockedWire, options);

async function startWith<Started extends MeasuredWire>(
  start: (options: WireOptions) => Promise<Started>,
  { more = '', bucket = '' }: StoodInOptions,
): Promise<Started & StoodIn> {
  let answer: Respond = (_request, response) => {
    response.writeHead(404).end();
  };
  let before = 0;
  const s3 = await startStandIn((request, response) => answer(request, response));
  const wire = await start({
    config: configured({
      buckets: { 'acme-lake': `role: lake, region: eu-west-1, endpoint: "${s3.origin}"${bucket}` },
      grants: [READER_MAY_ALL],
      more,
    }),
  }).catch((error: unknown) => {
    s3.close();
    throw error;
  });
  const authorization = `Bearer ${await wire.token('reader')}`;
  const asReader = ({ headers = {}, ...rest }: RequestOptions): RequestOptions => ({
    ...rest,
    headers: { authorization, ...headers },
  });
  return {
    ...wire,
    s3,
    s3Answers: (next) => {
      answer = next;
      before = s3.asked.length;
    },
    asked: () => s3.asked.slice(before),
    read: ({ path = '/acme-lake/a', ...rest } = {}) => request(wire.bridge.url, path, asReader(rest)),
    open: ({ path = '/acme-lake/a', ...rest } = {}) => open(wire.bridge.url, path, asReader(rest)),
    lineOf: (reply) => wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']),
    repeated: (reason) => wire.metric(`fedbridge_s3_retries_total{reason="${reason}"}`),
    close: async () => {
      await wire.close();
      s3.close();
    },
  };
}

/** Sends an S3 error response. */
export function refuse(response: ServerResponse, status: number, code: string, headers = {}): void {
  const document = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(document);
}
