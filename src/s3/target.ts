// Splits a raw request target into bucket, key and query without changing any byte. URL libraries would collapse `//`, `.` and
// `..`.
import { Fault } from '../errors/fault.ts';

/** S3's limit on a key, in UTF-8 bytes (S3 user guide, "Naming Amazon S3 objects"). */
const MAX_KEY_BYTES = 1024;

/** Checks only the length and characters of S3's bucket names (S3 user guide, "General purpose bucket naming rules"). */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Matches text that needs no escaping, either in a path or in SigV4's canonical URI. */
const PLAIN = /^[A-Za-z0-9\-._~/]*$/;

/** `key` is empty for a request to the bucket itself; `bucket` is empty for a request to the service. */
export interface Target {
  readonly bucket: string;
  /** The key, decoded once. Requests are authorized and signed with the key in this form. */
  readonly key: string;
  /** The text after the '?', not decoded. */
  readonly query: string;
}

/** Matches the absolute form of a request target (RFC 9112, 3.2.2). The target's host must not be empty (RFC 9110, 4.2.1). */
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]+(?=[/?]|$)/i;

/**
 * Returns the path and query of a target in absolute form, byte for byte, and any other target unchanged. The host in the target is
 * ignored, because the bridge is not a proxy.
 */
export function originForm(target: string): string {
  const authority = ABSOLUTE_FORM.exec(target)?.[0];
  if (authority === undefined) return target;
  const path = target.slice(authority.length);
  return path.startsWith('/') ? path : `/${path}`;
}

/**
 * Splits the path before decoding it, so that `%2F` never ends a bucket's name.
 * @throws Fault target_not_path, bucket_name_invalid, escape_invalid, key_holds_nul, key_too_long
 */
export function readTarget(url: string): Target {
  if (!url.startsWith('/')) throw new Fault('target_not_path');
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark + 1);
  const slash = path.indexOf('/', 1);
  const bucket = slash === -1 ? path.slice(1) : path.slice(1, slash);
  if (bucket === '' && slash === -1) return { bucket, key: '', query };
  return { bucket: checkedBucket(bucket), key: slash === -1 ? '' : readKey(path.slice(slash + 1)), query };
}

export const isBucketName = (name: string): boolean => BUCKET_NAME.test(name);

/** @throws Fault bucket_name_invalid */
export function checkedBucket(name: string): string {
  if (!isBucketName(name)) throw new Fault('bucket_name_invalid');
  return name;
}

/**
 * @param raw the key in the path, percent-encoded
 * @throws Fault escape_invalid, key_holds_nul, key_too_long
 */
function readKey(raw: string): string {
  return checkedKey(PLAIN.test(raw) ? raw : decodeKey(raw));
}

/**
 * @param key the decoded key
 * @throws Fault key_holds_nul, key_too_long
 */
export function checkedKey(key: string): string {
  if (key.includes('\0')) throw new Fault('key_holds_nul');
  if (key.length > MAX_KEY_BYTES / 3 && Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new Fault('key_too_long');
  return key;
}

function decodeKey(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new Fault('escape_invalid');
  }
}

/**
 * Encodes a key for sending and signing: escapes every byte once, except unreserved characters and '/' (SigV4 for S3; AWS General
 * Reference, "Create a signed AWS API request").
 */
export function encodeKey(key: string): string {
  return PLAIN.test(key) ? key : encodeURI(key).replace(/[!#$&'()*+,:;=?@[\]]/g, escapeCharacter);
}

/** Escapes one name or value of a query, including each '/', for SigV4's canonical query string. */
export function encodeQueryPart(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, escapeCharacter);
}

/** Percent-encodes one ASCII character. */
export const escapeCharacter = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** The lower-case names of query parameters that carry a credential, in S3's presigned URLs (SigV4, SigV2), in RFC 6750 or in STS. */
const CREDENTIAL_PARAMETERS = new Set([
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-algorithm',
  'awsaccesskeyid',
  'signature',
  'access_token',
  'id_token',
  'token',
  'webidentitytoken',
]);

/** Matches a JSON Web Token, which is rejected in every parameter. */
const TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

const NOTHING: ReadonlyMap<string, string> = new Map();

/**
 * Returns the decoded parameters by name. '+' is decoded to a space, as in S3; a parameter without '=' has the value ''.
 * @throws Fault token_in_url, parameter_repeated, escape_invalid
 */
export function readQuery(query: string): ReadonlyMap<string, string> {
  if (query === '') return NOTHING;
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeFormPart(equals === -1 ? pair : pair.slice(0, equals));
    // Checks for credentials first, so that no other error can log a URL that contains a credential.
    if (CREDENTIAL_PARAMETERS.has(name.toLowerCase()) || TOKEN.test(name)) throw new Fault('token_in_url');
    const value = equals === -1 ? '' : decodeFormPart(pair.slice(equals + 1));
    if (TOKEN.test(value)) throw new Fault('token_in_url');
    if (parameters.has(name)) throw new Fault('parameter_repeated', { parameter: loggable(name) });
    parameters.set(name, value);
  }
  return parameters;
}

/** @returns the name if it is safe to log, otherwise undefined */
export function loggable(name: string): string | undefined {
  return /^[a-z][a-z0-9-]{0,40}$/i.test(name) ? name : undefined;
}

function decodeFormPart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw new Fault('escape_invalid');
  }
}
