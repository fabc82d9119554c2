// The error class for rejections and failures. The error passes the details on to the code that reports them.
import type { FaultCode } from './table.ts';

/** Values that appear only in the log line. The values must not include a token, key or signature. */
export type FaultDetail = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * A rejection or failure with a row in {@link FAULTS}. The fault's `message` is only the code; the sentence is looked up when the
 * fault is reported.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: FaultDetail;
  /**
   * An additional sentence for the caller, after the row's sentence. The addition follows the same rules as the row's sentence,
   * but may contain text from the caller.
   */
  readonly addition: string | undefined;

  constructor(code: FaultCode, detail: FaultDetail = {}, addition?: string) {
    super(code);
    this.name = 'Fault';
    this.code = code;
    this.detail = detail;
    this.addition = addition;
  }
}

/** Converts any thrown value into a fault. Any value that is not a fault indicates a bug in the bridge. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('internal', { error: describeUnknown(error) });
}

/** Returns the error's class and stack frames without its message, because libraries put tokens into messages. */
export function describeUnknown(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return [error.name, ...frames].join('\n');
}

/** Node's own error codes for invalid arguments, and for system calls that do not involve a socket. */
const LOCAL_CODE = /^ERR_(?:SYSTEM_ERROR|INVALID_)/;

/**
 * Distinguishes local errors from connection errors, so that no upstream is blamed for a local error.
 * @returns whether the error occurred on this machine and not on a connection; false if that cannot be determined
 */
export function isLocalError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string')
    // An error about a file contains the file's path.
    return LOCAL_CODE.test(error.code) || 'path' in error;
  // `fetch` reports a lost connection as a TypeError with a cause.
  return error.cause === undefined && (error instanceof TypeError || error instanceof ReferenceError);
}
