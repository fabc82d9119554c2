// A grant in one line: where it stands, and what it says of those that are meant.
import type { Caller } from '../../auth/caller.ts';
import { matchingPatterns } from '../../auth/grants.ts';
import type { Grant } from '../../config/types.ts';
import { describeActions, describeCaller, describeScope } from './describe.ts';

export type DescribeGrant = (grant: Grant) => string;

/** A grant may name very many. */
const MOST_CALLERS = 3;

/** @returns a teller that says of a grant's callers only which ones are this caller, or where none is, who they are */
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
