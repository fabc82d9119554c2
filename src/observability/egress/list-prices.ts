// AWS's list prices for a byte that leaves S3, by region and path, with the date and source of each price.
import type { EgressPath, EgressPrices } from '../../config/types.ts';

export interface PriceSource {
  /** When the price was read, as exactly as it is known. */
  readonly date: string;
  readonly source: string;
}

export interface Price extends PriceSource {
  /** The price in US dollars. */
  readonly perGB: number;
}

/** AWS bills a GB as 2^30 bytes (Amazon S3 FAQs, "How will I be charged"). */
export const BYTES_PER_GB = 2 ** 30;

type PriceGroup = PriceSource & { readonly prices: Readonly<Record<string, number>> };

/**
 * Data transfer from a region to the internet: the price of the first 10 TB in a month, after the first 100 GB, which are free.
 * Larger amounts cost less (in us-east-1, $0.085 up to 50 TB, $0.07 up to 150 TB, $0.05 above). The tier depends on the account's
 * total over all services, which a single process cannot see.
 */
const INTERNET: readonly PriceGroup[] = [
  {
    date: '2026-08 to 2026-09',
    source: 'AWS Price List API, offer AWSDataTransfer, transfer type "AWS Outbound"',
    prices: {
      'ap-southeast-3': 0.132,
      'eu-west-1': 0.09,
      'il-central-1': 0.11,
      'us-east-1': 0.09,
      'us-east-2': 0.09,
    },
  },
  {
    date: '2022',
    source:
      'AWS Price List API, from a copy in the project Skyplane (skyplane/data/aws_transfer_costs.csv); not checked again since that date',
    prices: {
      'af-south-1': 0.154,
      'ap-east-1': 0.12,
      'ap-northeast-1': 0.114,
      'ap-northeast-2': 0.126,
      'ap-northeast-3': 0.114,
      'ap-south-1': 0.1093,
      'ap-southeast-1': 0.12,
      'ap-southeast-2': 0.114,
      'ca-central-1': 0.09,
      'eu-central-1': 0.09,
      'eu-north-1': 0.09,
      'eu-south-1': 0.09,
      'eu-west-2': 0.09,
      'eu-west-3': 0.09,
      'me-south-1': 0.117,
      'sa-east-1': 0.15,
      'us-gov-east-1': 0.155,
      'us-west-1': 0.09,
      'us-west-2': 0.09,
    },
  },
];

const CLOUDFRONT_SOURCE: PriceSource = {
  date: '2024 or 2025',
  source:
    'aws.amazon.com/cloudfront/pricing, from a copy without a date; assumes an edge location in the same part of the world as the bucket',
};

/**
 * Data transfer from CloudFront to the internet: the price of the first 10 TB in a month, after the first TB, which is free. The
 * price depends on the location of the bridge, not of the bucket. Flat-rate plans have no price per GB.
 */
const CLOUDFRONT: readonly (readonly [regions: RegExp, perGB: number])[] = [
  [/^(?:us-(?!gov-)|ca-|mx-|eu-|il-)/, 0.085],
  [/^(?:af-|me-|sa-)/, 0.11],
  [/^(?:ap-northeast-[13]|ap-southeast-[246])$/, 0.114],
  [/^ap-south-/, 0.109],
  [/^(?:ap-east-[12]|ap-northeast-2|ap-southeast-[1357])$/, 0.12],
];

/**
 * @param region undefined if it is unknown
 * @param overrides the prices in the configuration, which take precedence over the list prices
 * @returns undefined if the price is unknown, as for every bucket with its own `endpoint`
 */
export function priceOf(
  region: string | undefined,
  path: EgressPath,
  overrides: EgressPrices,
): Price | undefined {
  if (region === undefined) return undefined;
  const own = overrides.get(region)?.[path];
  if (own !== undefined)
    return { perGB: own, date: 'as configured', source: 'egress.prices in the configuration' };
  if (path === 'internet') return listPrice(region);
  const [, perGB] = path === 'cloudfront' ? (CLOUDFRONT.find(([regions]) => regions.test(region)) ?? []) : [];
  return perGB === undefined ? undefined : { perGB, ...CLOUDFRONT_SOURCE };
}

function listPrice(region: string): Price | undefined {
  for (const { date, source, prices } of INTERNET) {
    const perGB = Object.hasOwn(prices, region) ? prices[region] : undefined;
    if (perGB !== undefined) return { perGB, date, source };
  }
  return undefined;
}
