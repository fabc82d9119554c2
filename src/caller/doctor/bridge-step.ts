// Checks whether the server is a bridge at all, and how it responds to a caller's token.
import { escapeText } from '../../config/show.ts';
import { fieldOf, itemsOf } from '../../config/unchecked-values.ts';
import type { Examination } from '../../doctor/step-report.ts';
import type { BridgeReply } from './call-bridge.ts';

/** A grant of the caller, as `/-/whoami` shows it. An empty prefix means the whole bucket. */
export interface OwnGrant {
  readonly bucket: string;
  readonly allow: readonly string[];
  readonly scope: { readonly key: string } | { readonly prefix: string };
}

export interface Whoami {
  readonly grants: readonly OwnGrant[];
  /** The bridge's advice for a caller without grants. */
  readonly hint: string | undefined;
}

const STEP = 'bridge';

/** @param upstream the origin of the bridge */
export function judgeWhoami(
  reply: BridgeReply | { readonly error: string },
  upstream: string,
): { readonly step: Examination; readonly whoami?: Whoami } {
  const wrong = (found: string, fix: string, compared: Examination['compared'] = {}) => ({
    step: {
      step: STEP,
      outcome: 'wrong',
      found,
      compared: { requested: upstream, ...compared },
      fix,
    } as const,
  });
  if ('error' in reply) return wrong('unreachable', UNREACHABLE, { error: reply.error });
  const { status, headers, text } = reply;
  const document = parsed(text);
  const compared = { status };
  const name = nameIn(document);
  if (status === 200 && name !== undefined) {
    const step = { step: STEP, outcome: 'fine', found: `accepts the token of ${escapeText(name)}` } as const;
    const hint = fieldOf(document, 'hint');
    return {
      step: { ...step, compared: { requested: upstream } },
      whoami: { grants: grantsIn(document), hint: typeof hint === 'string' ? hint : undefined },
    };
  }
  if (headers['x-fedbridge-error'] !== undefined)
    return wrong(`responds: ${messageOf(reply)}`, status === 401 ? REJECTED : FAILED, {
      ...compared,
      ...requestIdOf(reply),
    });
  if (status >= 300 && status < 400)
    return wrong('redirects the request, which a bridge never does', NO_BRIDGE, compared);
  if (status === 401 || status === 403)
    return wrong('a server in front of the bridge rejects the token', INVOKER, compared);
  return wrong('the response is not from a bridge', NO_BRIDGE, compared);
}

/**
 * Returns the caller's name in a whoami response: the email and the unique ID, or the name that grants use for a caller of
 * another issuer, which has no unique ID.
 */
function nameIn(whoami: unknown): string | undefined {
  const [uniqueId, email, caller] = ['uniqueId', 'email', 'caller'].map((name) => fieldOf(whoami, name));
  if (typeof uniqueId !== 'string') return typeof caller === 'string' ? caller : undefined;
  return typeof email === 'string' ? `${email}, unique ID ${uniqueId}` : `unique ID ${uniqueId}`;
}

const UNREACHABLE =
  'Check --upstream, DNS and the network, and whether the bridge is running. A bridge with internal ingress is reachable only from its VPC.';
const NO_BRIDGE = 'Check --upstream: it must be the address of a bridge, without a path.';
const REJECTED =
  "If the message names another audience, use that audience. If the token has expired or is not yet valid, correct this machine's clock.";
const FAILED = 'Try again. If the problem persists, send the request ID to the operator of the bridge.';
const INVOKER =
  "Ask the operator to turn off Cloud Run's invoker check (docs/how-to/clients): S3 clients cannot send a second token for the check.";

function grantsIn(document: unknown): readonly OwnGrant[] {
  return itemsOf(fieldOf(document, 'mayRead')).flatMap((grant) => {
    const [bucket, key, prefix] = ['bucket', 'key', 'prefix'].map((name) => fieldOf(grant, name));
    const allow = itemsOf(fieldOf(grant, 'allow')).filter((word) => typeof word === 'string');
    if (typeof bucket !== 'string') return [];
    const scope = typeof key === 'string' ? { key } : { prefix: typeof prefix === 'string' ? prefix : '' };
    return [{ bucket, allow, scope }];
  });
}

/** Returns the message in the bridge's JSON or in S3's XML. If there is no message, returns the status. */
export function messageOf({ status, text }: BridgeReply): string {
  const title = fieldOf(parsed(text), 'title') ?? fieldOf(parsed(text), 'message');
  const message = typeof title === 'string' ? title : /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  return escapeText((message ?? `status ${status}`).replace(/\.$/, ''));
}

export function requestIdOf({ headers }: BridgeReply): { readonly 'request ID'?: string } {
  const id = headers['x-request-id'];
  return typeof id === 'string' ? { 'request ID': id } : {};
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
