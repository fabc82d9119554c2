// Reads the form-encoded body of a POST request over HTTP/1 or HTTP/2. Limits the size of each body, the time to receive it, and
// the number of bodies that are received at once.
import { IncomingMessage } from 'node:http';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { untilCancelled } from '../runtime/cancellation.ts';
import { withDeadline } from '../runtime/elapsed.ts';

/**
 * The maximum size of a form in bytes. A token has at most 8 KiB (auth/presented-token.ts), and the ARN of a role has at most 2
 * KiB.
 */
const MAX_BYTES = 16 * 1024;

/** The timeout for receiving a form. The server's own timeout for a request is longer, and does not apply to HTTP/2 streams. */
const MAX_MS = 10_000;

/**
 * The maximum number of bodies that are received at once, so that clients without a token can use only 3 MiB of memory. When
 * one more body arrives, the request whose body has been incomplete for the longest time is rejected.
 */
const MAX_FORMS = 200;

/** @throws Fault web_identity_too_large, request_too_slow */
export type ReadForm = (context: RequestContext) => Promise<URLSearchParams>;

export function formReader(): ReadForm {
  const rejectOldest = new Set<() => void>();
  return async (context) => {
    const { request, cancellation } = context;
    if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw new Fault('web_identity_too_large');
    for (const reject of rejectOldest) {
      if (rejectOldest.size < MAX_FORMS) break;
      rejectOldest.delete(reject);
      reject();
    }
    const { promise: displaced, reject } = Promise.withResolvers<never>();
    const displace = (): void => {
      reject(new Fault('request_too_slow'));
    };
    rejectOldest.add(displace);
    try {
      const received = untilCancelled(Promise.race([receiveText(context), displaced]), cancellation);
      const onTimeout = (): Fault => new Fault('request_too_slow');
      return new URLSearchParams(await withDeadline(received, { ms: MAX_MS, onTimeout }));
    } finally {
      rejectOldest.delete(displace);
    }
  };
}

/**
 * Receives the body as text. Bytes above the limit are read and discarded until the response has ended, because an HTTP/1
 * client may read the response only after it has sent its whole body.
 */
function receiveText({ request, response }: RequestContext): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body = request instanceof IncomingMessage ? request : request.stream;
  // Once a stream's body is being read, Node resets the stream only if `close` is called.
  request.stream?.once('finish', () => request.stream?.close());
  body
    ?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BYTES) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(new Fault('web_identity_too_large'));
      }
    })
    .once('end', () => {
      // Node emits `end` even if the client cancels the stream. In that case, the text is incomplete and must not be used.
      if (!response.destroyed) resolve(Buffer.concat(chunks).toString());
    });
  return promise;
}
