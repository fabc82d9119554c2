// Creates valid and invalid X.509 certificates for TLS servers (RFC 5280, 4.1), which Node itself cannot create.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A private key and certificate in PEM format. */
export interface Identification {
  readonly key: string | Buffer;
  readonly cert: string;
}

export interface Authority {
  /** The authority's certificate in PEM format, for clients that should trust the authority. */
  readonly cert: string;
  readonly good: Identification;
  readonly ofAnotherName: Identification;
  readonly expired: Identification;
  /** A certificate that clients reject, because no trusted authority issued it. */
  readonly selfSigned: Identification;
}

const DAY_MS = 86_400_000;

/** @param names the server's DNS name, which may begin with the wildcard `*.` */
export function createAuthority(names: string): Authority {
  const authority = keys();
  const [now, issuer] = [Date.now(), 'Fedbridge test authority'];
  const certified = (options: Partial<Certified>, signer = authority.privateKey): Identification => {
    const { publicKey, privateKey } = keys();
    return {
      key: pemOf(privateKey),
      cert: certificate(
        {
          issuer,
          subject: 'upstream',
          names,
          from: now - 2 * DAY_MS,
          until: now + 2 * DAY_MS,
          ...options,
        },
        publicKey,
        options.issuer === undefined ? signer : privateKey,
      ),
    };
  };
  return {
    cert: certificate(
      { issuer, subject: issuer, from: now - 2 * DAY_MS, until: now + 2 * DAY_MS },
      authority.publicKey,
      authority.privateKey,
    ),
    good: certified({}),
    ofAnotherName: certified({ names: 'another.example' }),
    expired: certified({ until: now - DAY_MS }),
    selfSigned: certified({ issuer: 'upstream' }),
  };
}

interface Certified {
  readonly issuer: string;
  readonly subject: string;
  /** The server's DNS name; undefined in the authority's own certificate. */
  readonly names?: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string | Buffer => key.export({ type: 'pkcs8', format: 'pem' });

function certificate(
  { issuer, subject, names, from, until }: Certified,
  publicKey: KeyObject,
  signer: KeyObject,
): string {
  const tbs = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(time(from), time(until)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(names === undefined ? IS_AUTHORITY : alternativeName(names))),
  );
  const signature = sign('sha256', tbs, signer);
  const der = sequence(tbs, ECDSA_WITH_SHA256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = (der.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** Encodes a tag, a length and content in DER (ITU-T X.690, 10.1). */
function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const lengths =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengths]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

const nameOf = (text: string): Buffer =>
  sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(text)))));

/** UTCTime: YYMMDDHHMMSSZ. */
const time = (at: number): Buffer =>
  tagged(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`));

/** The critical extension basicConstraints with cA TRUE, which marks the certificate as an authority's. */
const IS_AUTHORITY = sequence(
  oid('551d13'),
  tagged(0x01, Buffer.from([0xff])),
  tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))),
);

const alternativeName = (name: string): Buffer =>
  sequence(oid('551d11'), tagged(0x04, sequence(tagged(0x82, Buffer.from(name)))));
