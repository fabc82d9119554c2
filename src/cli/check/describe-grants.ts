// Describes a grant in words: its callers, its actions and its scope.
import type { Caller } from '../../auth/caller.ts';
import { matchingPatterns } from '../../auth/grants.ts';
import { escapeText } from '../../config/show.ts';
import type { CallerPattern, Grant, Scope } from '../../config/types.ts';

const VERBS: Readonly<Record<Grant['allow'][number], string>> = {
  get: 'read',
  list: 'list',
  versions: 'read old versions of',
  tags: 'read the tags of',
  attributes: 'read the attributes of',
  vend: 'get AWS credentials for',
};

export const describeActions = (allow: Grant['allow']) =>
  new Intl.ListFormat('en').format(allow.map((action) => VERBS[action]));

export function describeCaller(caller: CallerPattern): string {
  switch (caller.kind) {
    case 'email':
      return `${caller.email} (by verified email)`;
    case 'id':
      return `${caller.uniqueId} (by unique ID)`;
    case 'email-and-id':
      return `${caller.email} (by verified email and unique ID ${caller.uniqueId})`;
    case 'project':
      return `every service account in project ${caller.project} (by verified email) except Compute Engine's default account`;
    case 'user':
      return `${caller.email} (a person, through the console)`;
    case 'issued':
      return `${caller.issuer}:${caller.subject} (by issuer and subject)`;
  }
}

export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case 'bucket':
      return 'everything in it';
    case 'prefix':
      return `everything below ${escapeText(scope.prefix)}`;
    case 'key':
      return `the one object ${escapeText(scope.key)}`;
  }
}

export type DescribeGrant = (grant: Grant) => string;

/** The maximum number of a grant's callers to list. A grant may name many callers. */
const MOST_CALLERS = 3;

/** @returns a function that describes a grant: it lists only the callers that match `caller`, or all callers if none matches */
export function grantDescriber(
  grants: readonly Grant[],
  caller: Caller,
  lineOf: (position: number) => number | undefined,
): DescribeGrant {
  return (grant) => {
    const position = grants.indexOf(grant);
    const line = lineOf(position);
    const place = `grants[${position}]${line === undefined ? '' : ` (line ${line})`}`;
    const own = matchingPatterns(caller, grant.callers);
    const meant = own.length > 0 ? own : grant.callers;
    const more = meant.length - MOST_CALLERS;
    const who = [...meant.slice(0, MOST_CALLERS).map(describeCaller), ...(more > 0 ? [`${more} more`] : [])];
    const callers = new Intl.ListFormat('en').format(who);
    return `${place}: ${callers} may ${describeActions(grant.allow)} ${describeScope(grant.scope)}`;
  };
}
