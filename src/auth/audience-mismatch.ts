// The sentence that shows a caller which audience its token has, and which the bridge accepts. Neither is a secret.

/** An audience is at most 255 characters in the configuration; in a token it may be of any length. */
const LONGEST_SHOWN = 200;

/** A configuration may list very many. */
const MOST_SHOWN = 5;

/** @param own the `aud` claim of a token whose signature has been verified */
export function audienceMismatch(own: unknown, expected: readonly string[]): string {
  const audiences = Array.isArray(own) ? (own as readonly unknown[]) : [own];
  const named = audiences.filter((audience) => audience !== undefined);
  return `This token is for ${named.length === 0 ? 'no audience' : shownList(named)}; this bridge accepts ${shownList(expected)}.`;
}

function shownList(audiences: readonly unknown[]): string {
  const more = audiences.length - MOST_SHOWN;
  const shown = audiences.slice(0, MOST_SHOWN).map(shownAudience);
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(' or ');
}

/** In quotes, cut, and escaped so that it fits a header and no character of it can end the quotes. */
function shownAudience(audience: unknown): string {
  const text = typeof audience === 'string' ? audience : JSON.stringify(audience);
  const dots = text.length > LONGEST_SHOWN ? '…' : '';
  const escaped = text
    .slice(0, LONGEST_SHOWN)
    .replace(/[^ !#-[\]-~]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return `"${escaped}${dots}"`;
}
