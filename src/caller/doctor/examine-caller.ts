// Performs the same steps as a client, from getting an identity token to reading one byte, and reports the findings.
import { escapeText } from '../../config/show.ts';
import { asFault } from '../../errors/fault.ts';
import type { Examination, Examined } from '../../doctor/step-report.ts';
import type { IdentityToken } from '../../identity/identity-token.ts';
import { judgeWhoami } from './bridge-step.ts';
import type { OwnGrant, Whoami } from './bridge-step.ts';
import { bridgeCaller } from './call-bridge.ts';
import { judgeClock } from './clock-step.ts';
import { examineRead, findObject } from './read-step.ts';
import type { ObjectName } from './read-step.ts';
import { judgeToken, withoutToken } from './token-step.ts';

/** @param options.object the object to read; by default, any object that the caller may get */
export async function* examineCaller(options: {
  readonly audience: string;
  readonly upstream: string;
  readonly fetchToken: () => Promise<IdentityToken>;
  readonly object: ObjectName | undefined;
}): Examined {
  const { audience, upstream, object } = options;
  let token: IdentityToken;
  try {
    token = await options.fetchToken();
  } catch (error) {
    yield withoutToken(asFault(error));
    yield notChecked('bridge, grants and read');
    return;
  }
  yield judgeToken(token, audience);

  const call = bridgeCaller({ upstream, jwt: token.jwt });
  const sentAt = Date.now();
  const reply = await call('/-/whoami');
  const { step, whoami } = judgeWhoami(reply, upstream);
  yield step;
  if (!('error' in reply)) yield judgeClock(reply, sentAt);
  if (whoami === undefined) {
    yield notChecked('grants and read');
    return;
  }
  yield judgeGrants(whoami);
  const read = object ?? (await findObject(call, whoami.grants));
  if (read === undefined) yield NOTHING_TO_READ;
  else yield* examineRead(call, read);
}

const notChecked = (step: string): Examination => ({
  step,
  outcome: 'unknown',
  found: 'not checked, because of the problem above',
});

const NOTHING_TO_READ: Examination = {
  step: 'read',
  outcome: 'unknown',
  found: 'not tested, because the doctor found no object that you may read',
  fix: 'Pass the name of an object: --get BUCKET/KEY.',
};

const MOST_SHOWN = 5;

function judgeGrants({ grants, hint }: Whoami): Examination {
  const step = 'grants';
  if (grants.length === 0)
    return {
      step,
      outcome: 'wrong',
      found: 'you have no grants on this bridge',
      fix: escapeText(hint ?? 'Ask the operator of the bridge for a grant to the email or unique ID above.'),
    };
  const shown = grants.slice(0, MOST_SHOWN).map(describeGrant);
  const more = grants.length > MOST_SHOWN ? [`${grants.length - MOST_SHOWN} more`] : [];
  return { step, outcome: 'fine', found: [...shown, ...more].join('; ') };
}

function describeGrant({ bucket, allow, scope }: OwnGrant): string {
  const subject = 'key' in scope ? scope.key : `${scope.prefix}…`;
  return `${allow.join(', ')} on ${escapeText(`${bucket}/${subject}`)}`;
}
