// Checks the actions in a trust policy: a statement for Google's tokens must allow only sts:AssumeRoleWithWebIdentity.
import { quote } from '../../config/show.ts';
import type { Statement } from './document.ts';
import { mistake } from './finding.ts';
import type { Finding } from './finding.ts';

const ACTION = 'sts:AssumeRoleWithWebIdentity';
const FIX = `Write "Action": "${ACTION}".`;

export const isWebIdentity = (action: string): boolean => action.toLowerCase() === ACTION.toLowerCase();

/** Whether the action, which may contain the wildcards `*` and `?`, includes sts:AssumeRoleWithWebIdentity. */
export function coversWebIdentity(action: string): boolean {
  const text = ACTION.toLowerCase();
  /** The lengths of all prefixes of `text` that match the part of the pattern that has been read. */
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

/**
 * @param statement a statement that applies to Google's tokens; a Deny statement may name any actions, because it cannot allow
 * anything
 */
export function checkActions({ where, effect, actions, hasNotAction }: Statement): Finding[] {
  const at = `${where}, Action`;
  if (effect === 'Deny') return [];
  if (hasNotAction)
    return [mistake(`${where}, NotAction`, 'allows every action except the listed actions', FIX)];
  const findings = actions.filter((action) => !isWebIdentity(action)).map((action) => isUnwanted(at, action));
  // Omits this finding if another one already suggests the same fix.
  const missing = !actions.some(isWebIdentity) && findings.every(({ fix }) => fix !== FIX);
  return missing ? [...findings, mistake(at, `must be ${ACTION}`, FIX)] : findings;
}

/** @param statement a statement for other principals; only its NotAction is checked */
export const checkUnrelatedActions = ({ where, effect, hasNotAction }: Statement): Finding[] =>
  effect === 'Allow' && hasNotAction
    ? [
        mistake(
          `${where}, NotAction`,
          'allows every action except the listed actions',
          'Write the intended actions instead, for example "Action": "sts:AssumeRole".',
        ),
      ]
    : [];

function isUnwanted(at: string, action: string): Finding {
  if (action.includes('*') || action.includes('?'))
    return mistake(at, `must be ${ACTION}, but ${quote(action)} is a wildcard`, FIX);
  switch (action.toLowerCase()) {
    case 'sts:assumerole':
      return mistake(
        at,
        `must be ${ACTION}: ${quote(action)} is for AWS principals, and cannot be called with a Google token`,
        FIX,
      );
    case 'sts:tagsession':
    case 'sts:setsourceidentity':
      return mistake(
        at,
        `${quote(action)} has no effect: Google's tokens carry no session tags and no source identity for AWS`,
        "Remove this action: it belongs in a chained role's trust policy.",
      );
    default:
      return mistake(at, `must be ${ACTION}, but contains ${quote(action)}`, FIX);
  }
}
