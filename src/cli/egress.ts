// `fedbridge egress FILE`: reports the bytes received from S3 by caller, bucket and path, and estimates their list price.
import { createReadStream } from 'node:fs';
import { ConfigError } from '../config/problem.ts';
import type { Config } from '../config/types.ts';
import { egressReport } from '../observability/egress/egress-report.ts';
import { readArguments } from './arguments.ts';
import { describeEgress } from './egress/describe-egress.ts';
import { readLog } from './egress/read-log.ts';
import type { LoggedEgress } from './egress/read-log.ts';
import { printResult, write } from './print-result.ts';
import type { Result } from './print-result.ts';
import { readConfigIn } from './read-config.ts';

const USAGE = `Usage: fedbridge egress FILE|- [--config FILE] [--json]

Adds up the bytes that the bridge has received from S3, by caller, bucket, region and path, and estimates what AWS charges for
them at its list prices. FILE contains the bridge's log lines: one JSON object per line, as the bridge prints them, or the output
of \`gcloud logging read --format=json\`. With "-", reads standard input. The amounts are estimates, not a bill.

  --config FILE  use the prices in egress.prices of this configuration, and its regions for log lines without a region
  --json         print JSON, for programs

Exits with 1 if a line cannot be read; the report then contains the other lines.
`;

const NOTHING: Pick<Config, 'buckets' | 'egressPrices'> = { buckets: new Map(), egressPrices: new Map() };

/** Ends the process; see {@link printResult}. */
export function egress(args: readonly string[]): Promise<never> {
  return printResult('egress', USAGE, async (): Promise<Result> => {
    const { values, switches, positionals } = readArguments(args, {
      options: ['config'],
      switches: ['json'],
      positionals: ['FILE'],
    });
    const [file = ''] = positionals;
    const { buckets, egressPrices } =
      values.config === undefined ? NOTHING : readConfigIn({ file: values.config });
    const logged = await readLog(textOf(file), buckets).catch((error: unknown) => {
      throw unreadable(file, error);
    });
    for (const line of problemLines(logged)) await write(process.stderr, `fedbridge egress: ${line}\n`);
    const report = egressReport(logged.rows, egressPrices);
    const { requests, otherLines } = logged;
    const text = switches.has('json')
      ? `${JSON.stringify({ ...report, requests, otherLines, unreadableLines: logged.problemCount }, null, 2)}\n`
      : `${describeEgress(report)}The report includes ${requests} request lines. ${otherLines} other lines were ignored.\n`;
    return { text, code: logged.problemCount === 0 ? 0 : 1 };
  });
}

function textOf(file: string): AsyncIterable<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  return stream.setEncoding('utf8');
}

function problemLines({ problems, problemCount, requests, otherLines }: LoggedEgress): string[] {
  const more = problemCount - problems.length;
  return [
    ...problems.map(({ line, problem }) => `line ${line} ${problem}.`),
    ...(more === 0 ? [] : [`${more} more lines cannot be read.`]),
    ...(requests === 0 && otherLines > 0
      ? [
          'no line contains bytesFromS3. Check that the lines are log lines of this version of the bridge, or of a later version.',
        ]
      : []),
  ];
}

function unreadable(file: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(error.code)})`;
  return new ConfigError([{ field: file, rule: why, fix: 'Check the path.' }]);
}
