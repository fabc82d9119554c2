// Reads a query string as S3 does, refusing what two readers could read differently.
import { Fault } from '../errors/fault.ts';

/** Names that carry a credential in a URL: S3's presigned forms (SigV4, SigV2) and RFC 6750's. Lower-case. */
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
]);

/** How a JSON Web Token begins, whatever it is called. */
const TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;

const NOTHING: ReadonlyMap<string, string> = new Map();

/**
 * Parameters by name, decoded; '+' is a space, as in S3's own reading; a name without '=' has the value ''.
 * @throws Fault token_in_url, parameter_repeated, escape_invalid
 */
export function readQuery(query: string): ReadonlyMap<string, string> {
  if (query === '') return NOTHING;
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    // Before anything else is looked at: such a URL must not get as far as an error that repeats it.
    if (CREDENTIAL_PARAMETERS.has(name.toLowerCase()) || TOKEN.test(name)) throw new Fault('token_in_url');
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    if (TOKEN.test(value)) throw new Fault('token_in_url');
    if (parameters.has(name)) throw new Fault('parameter_repeated', { parameter: loggable(name) });
    parameters.set(name, value);
  }
  return parameters;
}

/** A name that may stand in a log line; undefined for what is none, which could be anything. */
export function loggable(name: string): string | undefined {
  return /^[a-z][a-z0-9-]{0,40}$/i.test(name) ? name : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw new Fault('escape_invalid');
  }
}
