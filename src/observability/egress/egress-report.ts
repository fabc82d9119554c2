// Reports bytes received from S3 with an estimate of what AWS charges for them.
import type { EgressPrices } from '../../config/types.ts';
import type { EgressRow } from './egress-totals.ts';
import { BYTES_PER_GB, priceOf } from './list-prices.ts';
import type { PriceSource } from './list-prices.ts';

/** Amounts are in US dollars. `null` means that the price is unknown. */
export interface EgressReport {
  readonly estimate: true;
  readonly note: string;
  readonly currency: 'USD';
  readonly bytesPerGB: number;
  readonly total: {
    readonly bytes: number;
    readonly estimatedCost: number;
    /** The bytes that `estimatedCost` does not include. */
    readonly bytesWithoutPrice: number;
  };
  readonly rows: readonly PricedRow[];
  /** The sources of the prices. Each row refers to its source by the source's position in this list. */
  readonly priceSources: readonly PriceSource[];
}

export interface PricedRow {
  readonly caller: string;
  readonly bucket: string;
  readonly region: string | null;
  readonly path: EgressRow['path'];
  readonly bytes: number;
  readonly pricePerGB: number | null;
  readonly estimatedCost: number | null;
  readonly priceSource: number | null;
}

export const ESTIMATE_NOTE =
  "This is an estimate, not a bill: it multiplies the bytes by AWS's list price for the first paid tier. It ignores free amounts, cheaper tiers, discounts, taxes and charges for requests.";

export function egressReport(rows: readonly EgressRow[], overrides: EgressPrices): EgressReport {
  const priceSources: PriceSource[] = [];
  const positionOf = ({ date, source }: PriceSource): number => {
    const position = priceSources.findIndex((known) => known.date === date && known.source === source);
    return position === -1 ? priceSources.push({ date, source }) - 1 : position;
  };
  let [bytes, cost, bytesWithoutPrice] = [0, 0, 0];
  const priced = rows.map((row): PricedRow => {
    const price = priceOf(row.region, row.path, overrides);
    const rowCost = price === undefined ? undefined : (row.bytes / BYTES_PER_GB) * price.perGB;
    bytes += row.bytes;
    if (rowCost === undefined) bytesWithoutPrice += row.bytes;
    else cost += rowCost;
    return {
      caller: row.caller,
      bucket: row.bucket,
      region: row.region ?? null,
      path: row.path,
      bytes: row.bytes,
      pricePerGB: price?.perGB ?? null,
      estimatedCost: rowCost === undefined ? null : rounded(rowCost),
      priceSource: price === undefined ? null : positionOf(price),
    };
  });
  return {
    estimate: true,
    note: ESTIMATE_NOTE,
    currency: 'USD',
    bytesPerGB: BYTES_PER_GB,
    total: { bytes, estimatedCost: rounded(cost), bytesWithoutPrice },
    rows: priced,
    priceSources,
  };
}

/** Rounds to a ten-thousandth of a cent. */
const rounded = (dollars: number): number => Math.round(dollars * 1e6) / 1e6;
