// Reads the identity token from a file that a sidecar, a cron job or a projected volume refreshes.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../errors/fault.ts';
import { readIdentityToken } from './identity-token.ts';
import type { IdentityToken } from './identity-token.ts';

/** The maximum length of a token: STS accepts at most 20,000 characters (AssumeRoleWithWebIdentity, WebIdentityToken). */
const LARGEST_BYTES = 20_000;

/**
 * The maximum tolerated clock error. If the error were larger, S3 would reject the bridge's requests anyway (S3 API,
 * RequestTimeTooSkewed).
 */
const WORST_CLOCK_MS = 15 * 60_000;

/**
 * @param options.refresh true if STS rejected the last token
 * @throws Fault token_file_unreadable, token_file_invalid, token_file_expired
 */
export async function readTokenFile(
  path: string,
  { refresh }: { readonly refresh: boolean },
): Promise<IdentityToken> {
  const text = await readBounded(path);
  const token = readIdentityToken(text);
  if (token === undefined) throw new Fault('token_file_invalid', { path, bytes: Buffer.byteLength(text) });
  // This machine's clock may be wrong, so a token that seems to have expired recently is rejected only after STS has rejected it.
  const overMs = Date.now() - token.expiresAt;
  if (overMs > (refresh ? 0 : WORST_CLOCK_MS))
    throw new Fault('token_file_expired', { path, expiredAt: new Date(token.expiresAt).toISOString() });
  return token;
}

async function readBounded(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe that has no writer would block a thread forever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Fault('token_file_unreadable', { path, error: 'not a file' });
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LARGEST_BYTES + 1));
    if (bytesRead > LARGEST_BYTES) throw new Fault('token_file_invalid', { path, bytes: stat.size });
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Fault('token_file_unreadable', { path, error: code });
  } finally {
    await file?.close();
  }
}
