// Creates a self-signed certificate for an origin with TLS on the loopback address.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Certificate {
  /** The certificate and its key, as paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** Uses a 2,048-bit RSA key, as S3 does, because the key size affects the cost of a TLS handshake. */
export function createCertificate(directory: string): Certificate {
  const [certificate, key] = [join(directory, 'origin.crt'), join(directory, 'origin.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const output = ['-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...output], {
    stdio: 'ignore',
  });
  return { certificate, key };
}
