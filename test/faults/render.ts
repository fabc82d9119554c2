// `node test/faults/render.ts [--check]`: generates docs/operate/faults.md from the fault table.
import { readFile, writeFile } from 'node:fs/promises';
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import { answerOf, faultOf } from './expected.ts';
import { PLACE_NAMES, PLACES } from './places.ts';
import type { PlaceName } from './places.ts';
import { RECOVERY_SECONDS, REQUESTS_AT_ONCE } from './play.ts';
import { CLOCK_FAULTS, ROWS } from './rows.ts';
import type { Outcome } from './rows.ts';
import { UPSTREAM_FAULTS, WAITED_FOR_AT_HOPS, WAITING } from './upstream-faults.ts';

const PAGE = new URL('../../docs/operate/faults.md', import.meta.url).pathname;
const KINDS = { ...UPSTREAM_FAULTS, ...CLOCK_FAULTS };
const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(heading), `|${'---|'.repeat(heading.length)}`, ...rows.map(line)].join('\n');

/** @returns the page in Markdown */
export function faultsPage(): string {
  return `# Upstream faults

This page shows what happens when Google, STS or S3 fails, and how the bridge recovers. If you are paged, find the \`fault\` of the log line in [By fault code](#by-fault-code), and
do what its row says. [By upstream](#by-upstream) shows how each upstream can fail, and what callers get in each case.

<!-- \`node test/faults/render.ts\` writes this page from test/faults/rows.ts. Do not edit it here. -->

Tests reproduce every row twice: once with a fault that is present when the bridge starts, and once with a fault that begins while the bridge is serving requests. The result is the same in both cases. STS calls for the hops of
\`then\` use the same code as the first STS call. For chained roles, the tests therefore skip the following faults, which make callers wait:

${waitedForElsewhere()}

In each case:

- The bridge keeps running, and \`/-/live\` returns 200. When the fault ends, the bridge serves the caller within ${RECOVERY_SECONDS} seconds, without a restart or a reload.
- If the metadata server or STS fails at startup, \`/-/ready\` returns 503 until the bridge has assumed a role. The bridge tries again for each caller's request, and otherwise at least every half minute. A bridge that
  is ready stays ready until its credentials expire.
- The bridge still serves callers that have a cached token and an AWS session, unless S3 itself fails. The tables describe callers without a session and, for the certificate endpoint, tokens whose key is not cached.
- Concurrent requests from one caller share calls to the certificate endpoint, the metadata server and STS, and the results of these calls. The sections below show the maximum number of calls
  for ${REQUESTS_AT_ONCE} concurrent requests, including retries.
- \`cause.error\` in the log line has more details. If \`cause.error\` contains \`CERT\`, a server other than the upstream responded, or a clock is wrong.

## By fault code

${table(['`fault` in the log', 'possible causes', 'what to do'], codes())}

If a log line has no \`fault\`, \`s3.code\` is S3's own error, which the caller gets unchanged, and \`remedy\` says what to do. \`abortedBy: s3\` means that the bridge closed the response mid-body.

## By upstream

Each row shows the status, the \`<Code>\` and the \`x-fedbridge-error\` that the caller gets. If the bridge rejects the token of an S3 client, the client gets the status and code that S3 uses for invalid tokens.
${PLACE_NAMES.map(section).join('')}`;
}

/** The faults that cause a timeout and are not tested at the hops of `then`. */
const waitedForElsewhere = (): string =>
  WAITING.filter((fault) => fault !== WAITED_FOR_AT_HOPS)
    .map((fault) => `- ${UPSTREAM_FAULTS[fault]}`)
    .join('\n');

function section(place: PlaceName): string {
  const { name, waits, asks } = PLACES[place];
  const rows = KIND_NAMES.map((kind) => {
    const outcome = ROWS[place][kind];
    return [KINDS[kind], ...toldOf(outcome), mendedBy(outcome)];
  });
  const told = ['what fails', 'the caller gets', 'the log line has', 'recovery'];
  return `
### ${name}

A caller waits at most ${waits.by}. After startup, the bridge calls this upstream at most ${asks} times for ${REQUESTS_AT_ONCE} concurrent requests from one caller.

${table(told, rows)}
`;
}

function toldOf(outcome: Outcome): [caller: string, log: string] {
  if (outcome === 'served') return ['200, and the object', '–'];
  if (outcome === 'cut') return ['200, but the connection closes mid-body', '`abortedBy: s3`'];
  if (outcome === 'believed')
    return ['200 with a wrong body, and nothing else in the response shows the fault', '–'];
  const answer = answerOf(outcome);
  if (answer === undefined)
    return [typeof outcome === 'object' && 'never' in outcome ? `does not apply: ${outcome.never}` : '', ''];
  const fault = faultOf(outcome);
  const { status, s3Code = '', error = '' } = answer;
  return [`${status} \`${s3Code}\`, \`${error}\``, `\`${fault ?? `s3.code: ${s3Code}`}\``];
}

function mendedBy(outcome: Outcome): string {
  if (outcome === 'served') return '–';
  if (outcome === 'cut') return 'automatic for new requests; the caller must fetch the missing bytes again';
  if (outcome === 'believed')
    return 'automatic for new requests; callers can detect a wrong body only by its checksum or size';
  const answer = answerOf(outcome);
  if (answer === undefined) return '–';
  return needsSomebody(outcome) ? 'without a restart, after someone has fixed the cause' : 'automatic';
}

/** A 503 is temporary; a 502 or a client error requires someone to act. */
const needsSomebody = (outcome: Outcome): boolean => {
  const status = answerOf(outcome)?.status ?? 0;
  return status === 502 || (status >= 400 && status < 500);
};

/** Lists each fault code in the table, with the failures that cause it and the fix. */
function codes(): string[][] {
  const outcomes = PLACE_NAMES.flatMap((place) =>
    KIND_NAMES.map((kind) => ({ place, kind, fault: faultOf(ROWS[place][kind]) })),
  );
  const known = [...new Set(outcomes.flatMap(({ fault }) => (fault === undefined ? [] : [fault])))];
  return known.map((code: FaultCode) => {
    const kinds = new Set(outcomes.flatMap(({ fault, kind }) => (fault === code ? [KINDS[kind]] : [])));
    return [`\`${code}\``, [...kinds].join('; '), FAULTS[code].fix];
  });
}

/** @returns the problem, or undefined if there is none */
async function main(check: boolean): Promise<string | undefined> {
  const page = faultsPage();
  const before = await readFile(PAGE, 'utf8').catch(() => '');
  if (page === before) return undefined;
  if (check)
    return 'docs/operate/faults.md is not what the tests play. Write it with `node test/faults/render.ts`.';
  await writeFile(PAGE, page);
  return undefined;
}

if (import.meta.main) {
  const wrong = await main(process.argv.includes('--check'));
  if (wrong !== undefined) {
    console.error(wrong);
    process.exitCode = 1;
  }
}
