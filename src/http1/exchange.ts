// What a connection and whoever sends a request on it tell each other.
import type { ResponseHead } from './response-head.ts';
import type { Free } from './read-buffers.ts';

/** A request under way; told in this order, and nothing after `end`, `fail`, or a `head` with all of the body. */
export interface Exchange {
  readonly method: 'GET' | 'HEAD';
  /** @param whole the body, where all of it came with its head; a small one as Latin-1 */
  head(head: ResponseHead, whole: Buffer | string | undefined): void;
  /** @returns false where no more is wanted until `resume` */
  data(chunk: Buffer, free?: Free): boolean;
  end(): void;
  /** @param isUnanswered whether the connection ended without a byte of the answer */
  fail(error: unknown, isUnanswered: boolean): void;
}
