// What a statement for Google's tokens allows: sts:AssumeRoleWithWebIdentity, and nothing else.
import { quote } from '../../config/show.ts';
import type { Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';

const ACTION = 'sts:AssumeRoleWithWebIdentity';
const FIX = `Write "Action": "${ACTION}".`;

export const isWebIdentity = (action: string): boolean => action.toLowerCase() === ACTION.toLowerCase();

/** As a pattern with `*` and `?`, too. */
export function coversWebIdentity(action: string): boolean {
  const text = ACTION.toLowerCase();
  /** How much of the text the pattern stands for, in each way that there is. */
  let ends = [0];
  for (const letter of action.toLowerCase()) {
    const [shortest = text.length + 1] = ends;
    ends =
      letter === '*'
        ? Array.from({ length: text.length + 1 - shortest }, (_, more) => shortest + more)
        : ends
            .filter((end) => end < text.length && (letter === '?' || text[end] === letter))
            .map((end) => end + 1);
  }
  return ends.includes(text.length);
}

/** Of a statement that is for Google's tokens. What a Deny denies besides does no harm. */
export function checkActions({ where, effect, actions, hasNotAction }: Statement): Finding[] {
  const at = `${where}, Action`;
  if (effect === 'Deny') return [];
  if (hasNotAction) return [mistake(`${where}, NotAction`, 'allows everything but what it names', FIX)];
  const findings = actions.filter((action) => !isWebIdentity(action)).map((action) => isUnwanted(at, action));
  // The others' fix says the same.
  const missing = !actions.some(isWebIdentity) && findings.every(({ fix }) => fix !== FIX);
  return missing ? [...findings, mistake(at, `must be ${ACTION}`, FIX)] : findings;
}

/** Of a statement for others, which is not ours to judge beyond this. */
export const checkUnrelatedActions = ({ where, effect, hasNotAction }: Statement): Finding[] =>
  effect === 'Allow' && hasNotAction
    ? [
        mistake(
          `${where}, NotAction`,
          'allows everything but what it names',
          'Write the actions that are meant, as "Action": sts:AssumeRole.',
        ),
      ]
    : [];

function isUnwanted(at: string, action: string): Finding {
  if (action.includes('*') || action.includes('?'))
    return mistake(at, `must be ${ACTION}, and ${quote(action)} is a wildcard`, FIX);
  switch (action.toLowerCase()) {
    case 'sts:assumerole':
      return mistake(
        at,
        `must be ${ACTION}: ${quote(action)} is for AWS principals, and a Google token cannot ask for it`,
        FIX,
      );
    case 'sts:tagsession':
    case 'sts:setsourceidentity':
      return mistake(
        at,
        `${quote(action)} is of no use: Google's tokens carry no session tags and no source identity for AWS`,
        'Remove it here: it belongs into the trust policy of a further hop.',
      );
    default:
      return mistake(at, `must be ${ACTION}, and is ${quote(action)} too`, FIX);
  }
}
