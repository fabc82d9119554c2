// Text from callers is logged with a limited length and without tokens, even if a token is percent-encoded.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { logText, withoutTokens } from '../../src/observability/log-text.ts';

const HEADER = 'eyJhbGciOiJSUzI1NiJ9';
const PAYLOAD = 'eyJzdWIiOiIxMTIwMTA0MDAwMDAwMDA3MTAwODAifQ';
const SIGNATURE = 'c2lnbmF0dXJl-c2lnbmF0dXJl_';
const TOKEN = `${HEADER}.${PAYLOAD}.${SIGNATURE}`;

const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** In each encoding of the token, each character is unchanged or percent-encoded one or more times. */
const encodings = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: TOKEN.length }).map((times) =>
  TOKEN.replace(/./g, (character, i: number) => {
    const n = times[i % times.length] ?? 0;
    return n === 0 ? character : escaped(character).replace('%', `%${'25'.repeat(n - 1)}`);
  }),
);

/** Percent-decodes the text repeatedly until it no longer changes. */
function decodedAsOftenAsMayBe(text: string): string {
  for (;;) {
    const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === text) return text;
    text = next;
  }
}

describe('text for the log', () => {
  for (const [what, text, logged] of [
    ['a token', TOKEN, '…'],
    ['a token inside other text', `a/x${TOKEN}/b`, 'a/x…/b'],
    ['two tokens', `${TOKEN} ${TOKEN}`, '… …'],
    ['a token without its signature', `${HEADER}.${PAYLOAD}`, '…'],
    ['a token after dots', `a.b.${TOKEN}`, 'a.b.…'],
    ['an encoded first letter', `/lake/%65${TOKEN.slice(1)}`, '/lake/…'],
    ['encoded dots', TOKEN.replaceAll('.', '%2E'), '…'],
    ['a doubly encoded escape', `%2565${TOKEN.slice(1)}`, '…'],
    ['an escape with encoded digits', `%%36%35${TOKEN.slice(1)}`, '…'],
    ['an escape before a token', `%6${TOKEN}`, `%6${HEADER}.…`],
    ['other escapes around the token', `%C3%A9/%20${TOKEN}%20%zz%`, '%C3%A9/%20…%20%zz%'],
    ['no token', 'a/eyJ/b.c%20/é%', 'a/eyJ/b.c%20/é%'],
    ['a name with a dot', 'monkey.Journal.csv', 'monkey.Journal.csv'],
  ] as const) {
    it(`with ${what} is logged as ${logged}`, () => {
      assert.equal(logText(text), logged);
    });
  }

  it("contains no token, even if some of the token's characters are percent-encoded several times", () => {
    fc.assert(
      fc.property(encodings, fc.string(), fc.string(), (token, before, behind) => {
        const decoded = decodedAsOftenAsMayBe(withoutTokens(`${before}/${token}/${behind}`));
        assert.ok(!decoded.includes(PAYLOAD));
        assert.ok(!decoded.includes(SIGNATURE));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is unchanged if it contains no token', () => {
    const pieces = fc.constantFrom(
      'eyJ',
      '%',
      '%25',
      '%65',
      '6',
      'yJ',
      '/',
      ' ',
      'é',
      'abcdefgh',
      '\0',
      '😀',
    );
    const unlikeTokens = fc.array(pieces).map((some) => some.join(''));
    fc.assert(
      fc.property(unlikeTokens, (text) => {
        assert.equal(withoutTokens(text), text);
      }),
    );
  });

  it('is truncated to at most 256 bytes without splitting a character', () => {
    assert.equal(logText('a'.repeat(256)), 'a'.repeat(256));
    assert.equal(logText('a'.repeat(257)), `${'a'.repeat(253)}…`);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const logged = logText(text);
        assert.ok(Buffer.byteLength(logged) <= 256);
        assert.ok(logged === text || (logged.endsWith('…') && text.startsWith(logged.slice(0, -1))));
        assert.ok(logged.isWellFormed());
      }),
    );
  });

  it('shows no part of a truncated token', () => {
    assert.equal(logText(`${'a/'.repeat(120)}${TOKEN}`), `${'a/'.repeat(120)}…`);
  });
});
