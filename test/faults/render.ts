// `node test/faults/render.ts [--check]`: writes docs/faults.md from the table that the tests play.
import { readFile, writeFile } from 'node:fs/promises';
import { FAULTS } from '../../src/errors/table.ts';
import type { FaultCode } from '../../src/errors/table.ts';
import { answerOf, faultOf } from './expected.ts';
import { PLACE_NAMES, PLACES } from './places.ts';
import type { PlaceName } from './places.ts';
import { RECOVERY_SECONDS, REQUESTS_AT_ONCE } from './play.ts';
import { CLOCK_FAULTS, ROWS } from './rows.ts';
import type { Outcome } from './rows.ts';
import { SUPPLIER_FAULTS, WAITED_FOR_AT_HOPS, WAITING } from './supplier-fault.ts';

const PAGE = new URL('../../docs/faults.md', import.meta.url).pathname;
const KINDS = { ...SUPPLIER_FAULTS, ...CLOCK_FAULTS };
const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(heading), `|${'---|'.repeat(heading.length)}`, ...rows.map(line)].join('\n');

/** @returns the page in Markdown */
export function faultsPage(): string {
  return `# When a supplier fails

Woken at night? Find the \`fault\` of the log line in the first table below, and do what its row says; the tables after it show how each supplier can
bring that about.

<!-- Written by \`node test/faults/render.ts\` from test/faults/rows.ts, which the tests play: change it there. -->

Every row is played by a test against the running bridge, once with the fault there from the bridge's start and once beginning while it serves; both
give the same. Not so some of what keeps callers waiting: at the hops of \`then\`, which wait by the same code as the first call of STS, of
${waitedFor()}
only the first is played. In each:

- The bridge goes on running: \`/-/live\` is 200 all the while. When the fault ends, the same caller is served within ${RECOVERY_SECONDS} seconds, without a restart or a reload.
- \`/-/ready\` is 503 where the metadata server or STS has failed from the start, until a role has been assumed: by a caller's request, or by the bridge
  itself, which asks again within half a minute. A bridge that has been ready stays so while what its roles gave lasts.
- Whose token has been seen and who has a session is served on while anything but S3 fails. The rows are about callers that are new, and for the
  certificate endpoint about tokens of a key that is new.
- Requests that a caller sends at once share what is asked of the certificate endpoint, the metadata server and STS, and what becomes of it. How often each
  supplier is asked for ${REQUESTS_AT_ONCE} of them, retries included, is bounded below.
- \`cause.error\` of the log line says more: with \`CERT\` in it, something between answers in the supplier's place, or a clock is wrong.

## By fault code

${table(['`fault` in the log', 'what happens', 'what mends it'], codes())}

Lines without \`fault\`: \`s3.code\` is S3's own refusal, which the caller gets as S3 says it, and the line's \`remedy\` what to do; \`abortedBy: s3\` is a body that
ended early.

## By supplier

Status, \`<Code>\` and \`x-fedbridge-error\` are the caller's. An S3 client whose token is refused gets S3's own status and code for that.
${PLACE_NAMES.map(section).join('')}`;
}

/** With the one first that is played at hops. */
const waitedFor = (): string =>
  [...new Set([WAITED_FOR_AT_HOPS, ...WAITING])].map((fault) => `“${SUPPLIER_FAULTS[fault]}”`).join(', ');

function section(place: PlaceName): string {
  const { name, waits, asks } = PLACES[place];
  const rows = KIND_NAMES.map((kind) => {
    const outcome = ROWS[place][kind];
    return [KINDS[kind], ...toldOf(outcome), mendedBy(outcome)];
  });
  const told = ['what fails', 'the caller gets', 'the log says', 'what ends it'];
  return `
### ${name}

A caller waits at most: ${waits.by}. ${REQUESTS_AT_ONCE} requests at once ask at most ${asks} times while the bridge serves.

${table(told, rows)}
`;
}

function toldOf(outcome: Outcome): [caller: string, log: string] {
  if (outcome === 'served') return ['the object', '–'];
  if (outcome === 'cut') return ['200, and a connection that is cut amid the body', '`abortedBy: s3`'];
  if (outcome === 'believed') return ['200, and what was sent: nothing on the wire tells', '–'];
  const answer = answerOf(outcome);
  if (answer === undefined)
    return [typeof outcome === 'object' && 'never' in outcome ? `does not apply: ${outcome.never}` : '', ''];
  const fault = faultOf(outcome);
  const { status, s3Code = '', error = '' } = answer;
  return [`${status} \`${s3Code}\`, \`${error}\``, `\`${fault ?? `s3.code: ${s3Code}`}\``];
}

function mendedBy(outcome: Outcome): string {
  if (outcome === 'served') return '–';
  if (outcome === 'cut') return 'by itself: the caller asks for the rest';
  if (outcome === 'believed') return 'by itself; callers that compare checksums or sizes notice';
  const answer = answerOf(outcome);
  if (answer === undefined) return '–';
  return needsSomebody(outcome) ? 'somebody has to mend it, then by itself' : 'by itself';
}

/** 503 is what passes; all else is settled by who may. */
const needsSomebody = (outcome: Outcome): boolean => {
  const status = answerOf(outcome)?.status ?? 0;
  return status === 502 || (status >= 400 && status < 500);
};

/** Each code of the rows, with where it comes from. */
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

/** @returns what is wrong, nothing when all is well */
async function main(check: boolean): Promise<string | undefined> {
  const page = faultsPage();
  const before = await readFile(PAGE, 'utf8').catch(() => '');
  if (page === before) return undefined;
  if (check) return 'docs/faults.md is not what the tests play. Write it with `node test/faults/render.ts`.';
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
