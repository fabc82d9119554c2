// Keeps a caller's token in a file, as the kubelet does for a pod. The token is replaced in one step before it expires
// (Kubernetes, "Launch a Pod using service account token projection").
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { IssuerTokens } from './issuer-tokens.ts';

export interface TokenFile {
  readonly path: string;
  /** Removes the file. */
  close(): Promise<void>;
}

/** The fraction of a token's lifetime after which the kubelet replaces the token. */
const REPLACED_AFTER = 0.8;

/** How often the token's age is checked. The kubelet checks less often, but the sandbox's clock can be advanced. */
const CHECK_MS = 200;

/** @throws Error if the caller does not exist (see IssuerTokens) */
export async function keepTokenFile(
  { issue, clock }: { readonly issue: IssuerTokens['issue']; readonly clock: Clock },
  caller: string,
): Promise<TokenFile> {
  const first = issue({ caller });
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-token-'));
  const path = join(directory, 'token');
  let version = 0;
  let replaceAt = 0;
  /** As in a pod, `token` is a link to a link, and only the second link changes. */
  const write = async (token: string): Promise<void> => {
    const { iat, exp } = lifeOf(token);
    replaceAt = (iat + (exp - iat) * REPLACED_AFTER) * 1000;
    const old = `..${version}`;
    version += 1;
    await mkdir(join(directory, `..${version}`), { mode: 0o700 });
    await writeFile(join(directory, `..${version}`, 'token'), token, { mode: 0o600 });
    await symlink(`..${version}`, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await rm(join(directory, old), { recursive: true, force: true });
  };
  await write(first);
  await symlink('..data/token', path);
  let writing: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (writing !== undefined || clock.now('issuer') < replaceAt) return;
    // Ignores a failure: if somebody has removed the directory, nothing can read the file.
    writing = write(issue({ caller }))
      .catch(() => undefined)
      .finally(() => (writing = undefined));
  }, CHECK_MS);
  return {
    path,
    close: async () => {
      clearInterval(timer);
      await writing;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Returns when the token was issued and when it expires, in seconds since 1970. */
function lifeOf(token: string): { readonly iat: number; readonly exp: number } {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number };
}
