// Mutates a token's recipe: its claims, header or signer, or the edits after signing.
import type { Edit, TokenRecipe } from './fuzz-case.ts';
import { mutateText } from './mutate-text.ts';
import type { Random } from '../support/random.ts';
import { HEADER } from './seeds.ts';
import { CLAIM_NAMES, JSON_VALUES, TOKEN_EDITS, TOKEN_HEADER_NAMES } from './words.ts';

/** Changes the claims, the header or the signer, or adds an edit that is applied after signing. */
export function mutateToken(random: Random, token: TokenRecipe): TokenRecipe {
  switch (random.below(6)) {
    case 0:
    case 1:
      return { ...token, claims: withMember(random, token.claims, CLAIM_NAMES) };
    case 2:
      return {
        ...token,
        header: withMember(random, random.chance(0.5) ? HEADER : token.header, TOKEN_HEADER_NAMES),
      };
    case 3:
      return { ...token, signer: random.pick(['google', 'foreign', 'nobody', 'hmac'] as const) };
    default:
      return { ...token, edits: [...token.edits, edit(random)].slice(-4) };
  }
}

/** Adds a member to the JSON object, often with a duplicate name, or removes one. Occasionally creates invalid JSON. */
function withMember(random: Random, json: string, names: readonly string[]): string {
  if (random.chance(0.05)) return mutateText(random, json, JSON_VALUES).slice(0, 2000);
  const name = random.pick(names);
  if (random.chance(0.3)) return json.replace(new RegExp(`"${name}":(?:"[^"]*"|[^,}]*),?`), '');
  return `${json.slice(0, -1)},"${name}":${random.pick(JSON_VALUES)}}`.slice(0, 2000);
}

function edit(random: Random): Edit {
  // Often edits the end of the token, where base64url has unused bits.
  const at = random.chance(0.4) ? 1 : random.below(1000) / 1000;
  return {
    at,
    drop: random.below(3),
    put: random.chance(0.01) ? 'x'.repeat(9000) : random.pick(TOKEN_EDITS),
  };
}
