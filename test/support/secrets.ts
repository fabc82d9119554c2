// Records secrets, and asserts that the recorded responses and logs contain no secret and no large part of a secret.
import assert from 'node:assert/strict';

/** The minimum length at which a part of a secret could help an attacker. Shorter parts may occur in a text by chance. */
const LARGE = 24;

export interface Secrets {
  /** @param value the secret, which is recorded with all its large parts */
  add(what: string, value: string): void;
  /** Records a token's claims and signature, but not its header, which is not secret. */
  addToken(what: string, token: string): void;
  /** Records a text to search for secrets. */
  saw(where: string, text: string): void;
  /** Asserts that no recorded text contains a secret, either plain or escaped. */
  assertUnseen(): void;
  /** Returns the number of recorded texts. */
  seen(): number;
}

export function secretsRecorder(): Secrets {
  /** Maps each part of a secret to the secret's name. Short secrets are not split. */
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

/** Decodes percent-escapes and JSON escapes. */
function unescaped(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
