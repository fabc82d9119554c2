// Adds up the rows of an egress report by bucket or by caller.
import type { EgressRow } from './api.ts';

export interface Share {
  readonly name: string;
  readonly bytes: number;
  /** The estimated list price in US dollars of the bytes whose price is known; null if the price of none is known. */
  readonly cost: number | null;
}

const MAX_SHARES = 8;

/** @returns the shares with the highest price, and then with the most bytes; those that do not fit are added up in the last one */
export function sharesBy(rows: readonly EgressRow[], nameOf: (row: EgressRow) => string): readonly Share[] {
  const byName = Map.groupBy(rows, nameOf);
  const shares = [...byName]
    .map(([name, own]) => ({
      name,
      bytes: sum(own.map(({ bytes }) => bytes)),
      cost: costOf(own.map(({ estimatedCost }) => estimatedCost)),
    }))
    .sort((a, b) => (b.cost ?? 0) - (a.cost ?? 0) || b.bytes - a.bytes);
  if (shares.length <= MAX_SHARES) return shares;
  const rest = shares.slice(MAX_SHARES - 1);
  const others = {
    name: `${rest.length} others`,
    bytes: sum(rest.map(({ bytes }) => bytes)),
    cost: costOf(rest.map(({ cost }) => cost)),
  };
  return [...shares.slice(0, MAX_SHARES - 1), others];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function costOf(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((cost) => cost !== null);
  return known.length === 0 ? null : sum(known);
}
