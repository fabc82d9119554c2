// Warns about egress budgets that have no effect, or that callers can avoid.
import { projectInEmail } from './google-names.ts';
import type { Problem } from './problem.ts';
import { showPath } from './show.ts';
import type { Budget, CallerPattern, Grant } from './types.ts';
import { showQuantity, SIZE } from './units.ts';

/**
 * Budgets below this size cause a warning. The bridge requests a list from S3 only if the longest possible list fits in the
 * rest of the budget, and a list of 1,000 keys can take about 8 MiB.
 */
const LIST_BYTES = 16 * 1024 * 1024;

export function findUnlikelyBudgets(budgets: readonly Budget[], grants: readonly Grant[]): Problem[] {
  return budgets.flatMap(({ callers, bytesPerDay }, position) => [
    ...callers.flatMap((caller, index) => {
      const own = grants.filter((grant) => grant.callers.some((other) => mayOverlap(caller, other)));
      const field = showPath(['budgets', position, 'callers', index]);
      if (own.length === 0) return [{ field, ...NO_GRANT }];
      const vending = own.find(({ allow }) => allow.includes('vend'));
      return vending === undefined ? [] : [{ field, ...vends(grants.indexOf(vending)) }];
    }),
    ...(bytesPerDay < LIST_BYTES
      ? [{ field: showPath(['budgets', position, 'bytesPerDay']), ...SMALL }]
      : []),
  ]);
}

const NO_GRANT = {
  rule: 'matches no caller that has a grant, so this entry of the budget has no effect',
  fix: 'Correct the entry, or remove it from the budget.',
};

const SMALL = {
  rule: `is less than ${showQuantity(LIST_BYTES, SIZE)}, so the bridge may deny even a short list, unless the caller sets max-keys below 1,000`,
  fix: 'Raise the budget, or have the callers set a smaller `max-keys`.',
};

const vends = (grant: number): Pick<Problem, 'rule' | 'fix'> => ({
  rule: `may obtain AWS credentials (${showPath(['grants', grant, 'allow'])} contains \`vend\`), and reads with these credentials do not count toward the budget`,
  fix: 'Remove `vend` from the grant if the budget must limit all reads.',
});

/**
 * Whether two patterns can match the same caller. A pattern with a unique ID and a pattern with an email always can, because
 * the ID may belong to that email.
 */
function mayOverlap(a: CallerPattern, b: CallerPattern): boolean {
  if (a.kind === 'issued') return b.kind === 'issued' && a.issuer === b.issuer && a.subject === b.subject;
  if (b.kind === 'issued') return false;
  if ('uniqueId' in a && 'uniqueId' in b) return a.uniqueId === b.uniqueId;
  if ('email' in a && 'email' in b) return a.email === b.email;
  const [first, second] = [projectOf(a), projectOf(b)];
  return first === undefined || second === undefined || first === second;
}

/**
 * @returns the project as it appears in emails; '' if the pattern's email contains no project, undefined if the pattern has no
 * email
 */
function projectOf(pattern: CallerPattern): string | undefined {
  if (pattern.kind === 'project') return pattern.project.split(':').reverse().join('.');
  return 'email' in pattern ? (projectInEmail(pattern.email) ?? '') : undefined;
}
