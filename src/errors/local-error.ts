// Distinguishes exceptions on this machine from those of a connection, so that no upstream is blamed for them.

/** Node's own codes for a call of the operating system other than on a socket, and for arguments. */
const LOCAL_CODE = /^ERR_(?:SYSTEM_ERROR|INVALID_)/;

/** @returns whether the error arose here and not on a connection; false if that cannot be known */
export function isLocalError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string')
    // Errors of files carry the file's path.
    return LOCAL_CODE.test(error.code) || 'path' in error;
  // `fetch` reports a lost connection as a TypeError with a cause.
  return error.cause === undefined && (error instanceof TypeError || error instanceof ReferenceError);
}
