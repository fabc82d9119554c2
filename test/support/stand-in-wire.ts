// A bridge whose bucket is at an S3 stand-in, with what a caller sees of it and what the bridge counts of it.
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
import { startStandIn } from './s3-stand-in.ts';
import type { StandIn } from './s3-stand-in.ts';

export type AnswerOfS3 = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface StoodIn {
  readonly s3: StandIn;
  /** What S3 says from now on, and that it was asked nothing yet. */
  s3Answers(answer: AnswerOfS3): void;
  /** What S3 was asked since. */
  asked(): readonly IncomingMessage[];
  /** As the reader, for whatever key. */
  read(options?: RequestOptions & { readonly path?: string }): Promise<Reply>;
  /** The same; resolves as soon as the headers are there. */
  open(options?: RequestOptions & { readonly path?: string }): Promise<IncomingMessage>;
  /** The line of the request that was answered, or cut, so. */
  lineOf(reply: Pick<Reply, 'headers'>): Promise<LogLine>;
  /** How often S3 was asked again, for that reason. */
  repeated(reason: string): Promise<number>;
}

export interface StoodInWire extends MeasuredWire, StoodIn {}

export interface ClockedStoodInWire extends ClockedWire, StoodIn {}

export interface StoodInOptions {
  /** Further lines of the configuration. */
  readonly more?: string;
  /** Further fields of the bucket. */
  readonly bucket?: string;
}

export const startStoodInWire = (options: StoodInOptions = {}): Promise<StoodInWire> =>
  startWith(startMeasuredWire, options);

/** In a process of its own, of which a test moves the clocks. */
export const startClockedStoodInWire = (options: StoodInOptions = {}): Promise<ClockedStoodInWire> =>
  startWith(startClockedWire, options);

async function startWith<Started extends MeasuredWire>(
  start: (options: WireOptions) => Promise<Started>,
  { more = '', bucket = '' }: StoodInOptions,
): Promise<Started & StoodIn> {
  let answer: AnswerOfS3 = (_request, response) => {
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

/** S3's own refusal, as XML. */
export function refuse(response: ServerResponse, status: number, code: string, headers = {}): void {
  const document = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(document);
}
