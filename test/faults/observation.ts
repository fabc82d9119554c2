// Records a request's response and log line, to compare them with a row in the fault table.
import type { LogLine } from '../support/bridge-process.ts';
import { open } from '../support/http-request.ts';
import type { Wire } from '../support/wire.ts';
import { BODY, OBJECT } from './stage.ts';

export interface Seen {
  readonly answer: Answer;
  readonly seconds: number;
  readonly line: LogLine;
}

export interface Answer {
  readonly status: number;
  /** The `<Code>` of S3's error document. */
  readonly s3Code?: string;
  /** `x-fedbridge-error` */
  readonly error?: string;
  /**
   * For status 200, whether the body was complete (`whole`), was truncated by a closed connection (`cut`), or was too short but
   * looked complete (`less`).
   */
  readonly body?: 'whole' | 'cut' | 'less';
}

export async function see(wire: Wire, headers: Record<string, string>): Promise<Seen> {
  const begun = performance.now();
  const response = await open(wire.bridge.url, OBJECT, { headers });
  const chunks: Buffer[] = [];
  let cut = false;
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    cut = true;
  }
  const seconds = (performance.now() - begun) / 1000;
  const body = Buffer.concat(chunks);
  const { statusCode: status = 0 } = response;
  const line = await wire.bridge.line(({ requestId }) => requestId === response.headers['x-request-id']);
  if (status === 200) {
    const what = cut ? 'cut' : body.equals(BODY) ? 'whole' : 'less';
    return { answer: { status, body: what }, seconds, line };
  }
  const s3Code = /<Code>([^<]*)<\/Code>/.exec(body.toString())?.[1] ?? '';
  return { answer: { status, s3Code, error: String(response.headers['x-fedbridge-error']) }, seconds, line };
}
