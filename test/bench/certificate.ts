// A certificate that names this machine's loopback and signs itself: the authority of an origin over TLS.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface Certificate {
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** RSA of 2,048 bits, as S3's is: what a handshake costs depends on it. */
export function createCertificate(directory: string): Certificate {
  const [certificate, key] = [join(directory, 'origin.crt'), join(directory, 'origin.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const output = ['-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...output], {
    stdio: 'ignore',
  });
  return { certificate, key };
}
