// Reads the identity token from a file that something else keeps fresh: a sidecar, a cron job, a projected volume.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Fault } from '../errors/fault.ts';
import { readIdentityToken } from './identity-token.ts';
import type { IdentityToken } from './identity-token.ts';

/** STS AssumeRoleWithWebIdentity, WebIdentityToken: at most 20,000 characters. */
const LARGEST_BYTES = 20_000;

/** S3 refuses what is signed by a clock that is further off (S3 API, RequestTimeTooSkewed): no clock that serves is. */
const WORST_CLOCK_MS = 15 * 60_000;

/**
 * @param options.refresh after STS rejected the last one
 * @throws Fault token_file_unreadable, token_file_invalid, token_file_expired
 */
export async function readTokenFile(
  path: string,
  { refresh }: { readonly refresh: boolean },
): Promise<IdentityToken> {
  const text = await readBounded(path);
  const token = readIdentityToken(text);
  if (token === undefined) throw new Fault('token_file_invalid', { path, bytes: Buffer.byteLength(text) });
  // By our clock, which may be the one that is wrong: what is just over STS may judge first.
  const overMs = Date.now() - token.expiresAt;
  if (overMs > (refresh ? 0 : WORST_CLOCK_MS))
    throw new Fault('token_file_expired', { path, expiredAt: new Date(token.expiresAt).toISOString() });
  return token;
}

async function readBounded(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // A pipe without a writer would otherwise hold a thread for ever.
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
