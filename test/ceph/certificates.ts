// Creates certificates with openssl, because Node can only read them.
import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import type { webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type PublicKey = webcrypto.JsonWebKey & { readonly kid: string };

export interface Authority {
  /** The authority's own private key and certificate, for use by a TLS server. */
  readonly pem: string;
  /** @returns an element of `x5c` (RFC 7517, 4.7). To certify a key, the private key is not needed. */
  certificateOf(key: PublicKey): Promise<string>;
}

const run = promisify(execFile);

/** @param host the name in the certificate */
export async function createAuthority(host: string): Promise<Authority> {
  const pem = await inDirectory(async (directory) => {
    const files = ['key.pem', 'cert.pem'].map((name) => join(directory, name));
    const [key = '', cert = ''] = files;
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      `/CN=${host}`,
    ]);
    return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('');
  });
  return {
    pem,
    certificateOf: (key) =>
      inDirectory(async (directory) => {
        const [authority, subject, certificate] = [
          join(directory, 'authority.pem'),
          join(directory, 'subject.pem'),
          join(directory, 'cert.der'),
        ] as const;
        const spki = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        await writeFile(authority, pem, { mode: 0o600 });
        await writeFile(subject, spki);
        await run('openssl', [
          'x509',
          '-new',
          '-force_pubkey',
          subject,
          '-CA',
          authority,
          '-CAkey',
          authority,
          '-subj',
          `/CN=${key.kid}`,
          '-days',
          '2',
          '-outform',
          'DER',
          '-out',
          certificate,
        ]);
        return (await readFile(certificate)).toString('base64');
      }),
  };
}

async function inDirectory<Value>(work: (directory: string) => Promise<Value>): Promise<Value> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-openssl-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
