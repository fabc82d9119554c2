// Looks at the keys by which callers' tokens are verified.
import type { Config } from '../config.ts';
import { fieldOf, itemsOf } from '../config/raw.ts';
import { egressFix } from './egress.ts';
import type { Examination } from './examination.ts';
import { fetchErrorCode, fetchQuickly } from './fetch-quickly.ts';

export type KeySet =
  | { readonly error: string }
  | {
      readonly status: number;
      /** `kid` of each; undefined where what came is no key set. */
      readonly names: readonly unknown[] | undefined;
    };

export async function fetchKeySet(url: string): Promise<KeySet> {
  try {
    const answer = await fetchQuickly(url);
    const text = await answer.text();
    return { status: answer.status, names: answer.ok ? namesIn(text) : undefined };
  } catch (error) {
    return { error: fetchErrorCode(error) };
  }
}

function namesIn(text: string): readonly unknown[] | undefined {
  try {
    const keys = itemsOf(fieldOf(JSON.parse(text), 'keys'));
    return keys.length === 0 ? undefined : keys.map((key) => fieldOf(key, 'kid'));
  } catch {
    return undefined;
  }
}

/** @param ownKey `kid` of our own token, which Google signs with the same keys as callers' */
export function judgeKeySet(
  keySet: KeySet,
  { certsUrl, platform }: Config,
  ownKey: string | undefined,
): Examination {
  const step = "Google's keys";
  if ('error' in keySet) {
    return {
      ...{ step, outcome: 'wrong', found: 'out of reach, so that no caller can be verified' },
      compared: { requested: certsUrl, error: keySet.error },
      fix: egressFix(certsUrl, platform, keySet.error),
    };
  }
  const { names, status } = keySet;
  if (names === undefined) {
    return {
      ...{ step, outcome: 'wrong', found: 'what came is no key set, so that no caller can be verified' },
      compared: { requested: certsUrl, status },
      fix: GOOGLES,
    };
  }
  if (ownKey !== undefined && !names.includes(ownKey)) {
    return {
      ...{
        step,
        outcome: 'wrong',
        found: 'they lack the one that signed our own token: callers’ tokens are refused, too',
      },
      compared: { requested: certsUrl, 'key of our token': ownKey },
      fix: GOOGLES,
    };
  }
  return { step, outcome: 'fine', found: names.length === 1 ? '1 key' : `${names.length} keys` };
}

const GOOGLES =
  'Unset FEDBRIDGE_GOOGLE_CERTS: Google publishes its keys at https://www.googleapis.com/oauth2/v3/certs. If it is not set, a proxy answers in their place.';
