// The options of commands that run on a caller's machine: which bridge to call, and with which identity.
import { ORIGIN_MUST, readOrigin } from '../config/allowed-origins.ts';
import { readCallerPattern } from '../config/caller-pattern.ts';
import { quote } from '../config/show.ts';
import { UsageError } from './arguments.ts';

export interface BridgeOptions {
  readonly audience: string;
  /** The origin of the bridge. */
  readonly upstream: string;
  /** The service account to impersonate; undefined to use this machine's identity. */
  readonly as: string | undefined;
  /** The file that contains the identity token; undefined if `as` is set. */
  readonly tokenFile: string | undefined;
}

/** The help text of the options. */
export const BRIDGE_USAGE = `  --audience URL   the audience that the bridge's operator chose; usually the bridge's address
  --upstream URL   the bridge's address, if it differs from the audience: https, or http on a loopback host
  --as EMAIL       impersonate this service account with your Google login (\`gcloud auth application-default login\`);
                   default: the identity that this machine gets from its metadata server
  --token-file FILE  use the token in FILE, which another program replaces before it expires, such as a pod's projected token
`;

/** @throws UsageError */
export function readBridgeOptions(values: {
  readonly audience?: string;
  readonly upstream?: string;
  readonly as?: string;
  readonly 'token-file'?: string;
}): BridgeOptions {
  const { audience, upstream, as, 'token-file': tokenFile } = values;
  if (audience === undefined)
    throw new UsageError("--audience is required. Give the audience that the bridge's operator chose.");
  if (as !== undefined && tokenFile !== undefined)
    throw new UsageError(
      '--as and --token-file must not be used together, because each selects where the token comes from. Leave out one of the two.',
    );
  return {
    audience,
    upstream: upstream === undefined ? originOf(audience) : readUpstream(upstream),
    as: as === undefined ? undefined : readAccount(as),
    tokenFile,
  };
}

function originOf(audience: string): string {
  const origin = readOrigin(audience.replace(/\/$/, ''));
  if (origin !== undefined) return origin;
  throw new UsageError(
    `--upstream is required, because the audience ${quote(audience)} is not the address of a bridge. Give the bridge's address with --upstream.`,
  );
}

function readUpstream(text: string): string {
  const origin = readOrigin(text.replace(/\/$/, ''));
  if (origin !== undefined) return origin;
  throw new UsageError(
    `--upstream ${ORIGIN_MUST}, not ${quote(text)}. For example, use https://lake-bridge.example.`,
  );
}

function readAccount(text: string): string {
  const pattern = readCallerPattern(text);
  if (pattern?.kind === 'email') return pattern.email;
  throw new UsageError(
    `--as must be the email of a service account, not ${quote(text)}. For example, use reader@acme-prod.iam.gserviceaccount.com.`,
  );
}
