// Records what is secret in a run, and looks for it, whole or in large parts, in everything that a bridge said to anybody.
import assert from 'node:assert/strict';

/** What a finder could make something of; shorter parts are in many texts by chance. */
const LARGE = 24;

export interface Secrets {
  /** @param value kept with each of its large parts */
  add(what: string, value: string): void;
  /** A token: its claims and signature; its header is the same in all tokens of a key. */
  addToken(what: string, token: string): void;
  /** What was said, and where. */
  saw(where: string, text: string): void;
  /** Fails where any of it holds a secret, as it is or escaped. */
  assertUnseen(): void;
  /** Places that were looked at. */
  seen(): number;
}

export function secretsRecorder(): Secrets {
  /** What each is a part of; those that are short are whole. */
  const parts = new Map<string, string>();
  const short = new Map<string, string>();
  const texts: (readonly [where: string, text: string])[] = [];
  const add = (what: string, value: string): void => {
    assert.ok(value.length >= 4, `${what} is too short to be found`);
    if (value.length < LARGE) short.set(value, what);
    for (let at = 0; at + LARGE <= value.length; at += 1) parts.set(value.slice(at, at + LARGE), what);
  };
  const foundIn = (text: string): string | undefined => {
    for (const [value, what] of short) if (text.includes(value)) return what;
    for (let at = 0; at + LARGE <= text.length; at += 1) {
      const what = parts.get(text.slice(at, at + LARGE));
      if (what !== undefined) return `${what} (…${text.slice(Math.max(0, at - 80), at)}HERE)`;
    }
    return undefined;
  };
  return {
    add,
    addToken: (what, token) => {
      const [, claims = '', signature = ''] = token.split('.');
      add(`the claims of ${what}`, claims);
      if (signature !== '') add(`the signature of ${what}`, signature);
    },
    saw: (where, text) => {
      texts.push([where, text]);
    },
    assertUnseen: () => {
      for (const [where, text] of texts)
        for (const reading of [text, unescaped(text)]) {
          const found = foundIn(reading);
          assert.ok(found === undefined, `in ${where}: ${found}`);
        }
    },
    seen: () => texts.length,
  };
}

/** Percent-escapes and those of JSON. */
function unescaped(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
