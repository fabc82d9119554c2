// Finds an object to read, looks up which grant allows the read, and reads one byte.
import { escapeText } from '../../config/show.ts';
import { fieldOf, itemsOf } from '../../config/unchecked-values.ts';
import type { Compared, Examination, Examined } from '../../doctor/step-report.ts';
import { messageOf, parsed, requestIdOf } from './bridge-step.ts';
import type { OwnGrant } from './bridge-step.ts';
import type { BridgeReply, CallBridge } from './call-bridge.ts';

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** The maximum number of list requests. The number is small, because the bridge sends each list request to S3. */
const MOST_LISTS = 5;

/** @returns an object that a grant allows the caller to get; undefined if no grant has a key or allows a list with objects */
export async function findObject(
  call: CallBridge,
  grants: readonly OwnGrant[],
): Promise<ObjectName | undefined> {
  const readable = grants.filter(({ allow }) => allow.includes('get'));
  for (const { bucket, scope } of readable) if ('key' in scope) return { bucket, key: scope.key };
  for (const { bucket, allow, scope } of readable.slice(0, MOST_LISTS)) {
    if (!allow.includes('list') || 'key' in scope) continue;
    const query = new URLSearchParams({ bucket, prefix: scope.prefix, limit: '1' });
    const reply = await call(`/-/objects?${String(query)}`);
    const [first] = 'error' in reply ? [] : itemsOf(fieldOf(parsed(reply.text), 'objects'));
    const key = fieldOf(first, 'key');
    if (typeof key === 'string') return { bucket, key };
  }
  return undefined;
}

export async function* examineRead(call: CallBridge, { bucket, key }: ObjectName): Examined {
  const query = String(new URLSearchParams({ bucket, key }));
  const name = escapeText(`${bucket}/${key}`);
  const explained = await call(`/-/explain?${query}`);
  yield judgeExplanation(`grant for ${name}`, explained);
  // Passes the key in the query, because a proxy could change a key in the path.
  yield judgeRead(`read of ${name}`, await call(`/-/object?${query}`, { range: 'bytes=0-0' }));
}

type Reply = Awaited<ReturnType<CallBridge>>;

function judgeExplanation(step: string, reply: Reply): Examination {
  if ('error' in reply) return unreachable(step, reply.error);
  const document = parsed(reply.text);
  const [why, hint] = ['why', 'hint'].map((name) => fieldOf(document, name));
  if (reply.status !== 200 || typeof why !== 'string') return rejected(step, reply);
  const found = escapeText(why.replace(/\.$/, ''));
  if (fieldOf(document, 'allowed') === true)
    return { step, outcome: 'fine', found, compared: matchesIn(document) };
  return { step, outcome: 'wrong', found, ...(typeof hint === 'string' ? { fix: escapeText(hint) } : {}) };
}

/** Returns the parts of the caller's identity, such as the email, that are named in the grants that allow the read. */
function matchesIn(document: unknown): Compared {
  const matches = itemsOf(fieldOf(document, 'decidedBy')).flatMap((grant) =>
    itemsOf(fieldOf(grant, 'matchedBy')),
  );
  const fields = matches.flatMap((match) =>
    typeof match === 'object' && match !== null ? Object.entries(match) : [],
  );
  return Object.fromEntries(
    fields.flatMap(([name, value]) => (typeof value === 'string' ? [[`matches ${name}`, value]] : [])),
  );
}

/** The status of S3's response to a request for the first byte of an empty object. */
const EMPTY = 416;

function judgeRead(step: string, reply: Reply): Examination {
  if ('error' in reply) return unreachable(step, reply.error);
  const { status, headers } = reply;
  if (status === EMPTY) return { step, outcome: 'fine', found: 'the object is empty' };
  if (status === 206)
    return {
      step,
      outcome: 'fine',
      found: 'returned the first byte',
      compared: { 'content-range': headers['content-range'] ?? 'none', ...requestIdOf(reply) },
    };
  return rejected(step, reply);
}

const unreachable = (step: string, error: string): Examination => ({
  step,
  outcome: 'wrong',
  found: 'the bridge did not respond',
  compared: { error },
  fix: 'Try again. If the problem persists, check the network and whether the bridge is running.',
});

const rejected = (step: string, reply: BridgeReply): Examination => ({
  step,
  outcome: reply.status === 404 ? 'doubtful' : 'wrong',
  found: messageOf(reply),
  compared: { status: reply.status, ...requestIdOf(reply) },
  fix:
    reply.status === 404
      ? 'Pass the name of an existing object: --get BUCKET/KEY.'
      : 'If the message does not suggest a fix, send the request ID to the operator of the bridge.',
});
