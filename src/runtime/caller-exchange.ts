// The members of a caller's request and response that HTTP/1 and HTTP/2 both provide. Request handling uses only these members.
import type { IncomingHttpHeaders } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

export interface CallerRequest {
  readonly httpVersion: string;
  readonly method?: string | undefined;
  url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Alternating header names and values, exactly as the caller sent them. */
  readonly rawHeaders: readonly string[];
  /** The connection, which all streams in an HTTP/2 session share. */
  readonly socket: Socket;
  /** The stream with the body of an HTTP/2 request. An HTTP/1 request has no such property, because it is itself the stream. */
  readonly stream?: ServerHttp2Stream;
}

export interface CallerResponse {
  readonly statusCode: number;
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  /** Whether the complete response has been handed to the kernel. */
  readonly writableFinished: boolean;
  /** The response's connection. Null while the response has no connection, for example while it waits for earlier responses. */
  readonly socket: ResponseSocket | null;
  /** Sets a header, which is sent together with the headers that are passed to `writeHead`. */
  setHeader(name: string, value: string | number): unknown;
  /** @param headers alternating names and values */
  writeHead(status: number, headers?: string[]): CallerResponse;
  /**
   * @param free called when the chunk is no longer used, with an error unless the connection has accepted the whole chunk
   * @returns false if the writer should wait for `drain`
   */
  write(chunk: Buffer, free?: (error?: Error | null) => void): boolean;
  end(chunk?: Buffer | string): unknown;
  // This is a separate overload, because ServerResponse does not accept an undefined encoding.
  // eslint-disable-next-line @typescript-eslint/unified-signatures
  end(chunk: Buffer | string, encoding: BufferEncoding): unknown;
  /** Aborts the response, so that the caller cannot mistake it for a complete response. */
  destroy(): unknown;
  on(event: 'close' | 'drain', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export interface ResponseSocket {
  /** The number of bytes that the kernel has not accepted yet. */
  readonly writableLength: number;
  /** The number of bytes written, including those that the kernel has not accepted yet. */
  readonly bytesWritten: number;
  cork(): void;
  uncork(): void;
}

export type CallerListener = (request: CallerRequest, response: CallerResponse) => void;

/** Wraps an HTTP/1 or HTTP/2 listener. The guard sends the error response to each request that it rejects. */
export type Guard = <
  Request extends Pick<CallerRequest, 'url' | 'headers'>,
  Response extends Pick<CallerResponse, 'writeHead'>,
>(
  listener: (request: Request, response: Response) => void,
) => (request: Request, response: Response) => void;
