// What an identity token says besides the claims that the bridge itself needs of it.
import { fieldOf } from '../config/raw.ts';
import type { IdentityToken } from '../identity/identity-token.ts';

/** Which key has signed a token, and who issued it; absent where it does not say so as a text. */
export interface TokenParts {
  readonly kid?: string;
  readonly iss?: string;
}

export function partsOf({ jwt }: Pick<IdentityToken, 'jwt'>): TokenParts {
  const [header = '', claims = ''] = jwt.split('.');
  const [kid, iss] = [textIn(header, 'kid'), textIn(claims, 'iss')];
  return { ...(kid === undefined ? {} : { kid }), ...(iss === undefined ? {} : { iss }) };
}

function textIn(part: string, name: string): string | undefined {
  try {
    const value = fieldOf(JSON.parse(Buffer.from(part, 'base64url').toString()), name);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
