// For a set of grants, computes the keys for which each IAM action is allowed, as policy patterns.
import type { Grant } from '../config/types.ts';
import { iamActions } from './iam-actions.ts';
import type { IamAction } from './iam-actions.ts';

/** Actions that are allowed for the same keys. */
export interface Reach {
  /** The actions, sorted by name. */
  readonly actions: readonly IamAction[];
  /** The patterns, sorted; no two of them overlap. The pattern `*` means every key. */
  readonly patterns: readonly string[];
}

/** @returns a result that depends only on the rights, not on the order of the grants */
export function reachesOf(grants: readonly Grant[], wanted: (action: IamAction) => boolean): Reach[] {
  const patterns = new Map<IamAction, string[]>();
  for (const { allow, scope } of grants) {
    for (const action of iamActions(allow).filter(wanted)) {
      const known = patterns.get(action);
      if (known === undefined) patterns.set(action, [patternOf(scope)]);
      else known.push(patternOf(scope));
    }
  }
  const reaches = new Map<string, { readonly actions: IamAction[]; readonly patterns: readonly string[] }>();
  for (const action of [...patterns.keys()].sort()) {
    const reached = withoutCovered(patterns.get(action) ?? []);
    const key = JSON.stringify(reached);
    const others = reaches.get(key);
    if (others === undefined) reaches.set(key, { actions: [action], patterns: reached });
    else others.actions.push(action);
  }
  return [...reaches.values()];
}

function patternOf(scope: Grant['scope']): string {
  switch (scope.kind) {
    case 'bucket':
      return '*';
    case 'prefix':
      return `${literal(scope.prefix)}*`;
    case 'key':
      return literal(scope.key);
  }
}

/** Escapes the three characters that have a special meaning in a policy (IAM, "Policy elements: variables and tags"). */
export function literal(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`);
}

/**
 * Sorts the patterns, and removes duplicates and patterns that a shorter pattern covers. Prefixes end with '/', so only the
 * positions after a '/' are looked up, which is fast even with thousands of grants.
 */
function withoutCovered(patterns: readonly string[]): string[] {
  const all = new Set(patterns);
  if (all.has('*')) return ['*'];
  return [...all].filter((pattern) => !isCovered(pattern, all)).sort();
}

function isCovered(pattern: string, all: ReadonlySet<string>): boolean {
  for (let slash = pattern.indexOf('/'); slash !== -1; slash = pattern.indexOf('/', slash + 1)) {
    const wider = `${pattern.slice(0, slash + 1)}*`;
    if (wider !== pattern && all.has(wider)) return true;
  }
  return false;
}
