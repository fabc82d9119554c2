// Parses pytest's report of a ceph/s3-tests run, and computes the score of two runs.

/** Maps each test's name to whether the test passed. A test whose cleanup failed counts as failed. */
export type Outcomes = ReadonlyMap<string, boolean>;

export interface Score {
  /** The number of tests that pass against Ceph directly. */
  readonly direct: number;
  /** The number of tests that pass both against Ceph directly and with reads through the bridge. */
  readonly throughBridge: number;
  /** The names of tests that pass against Ceph directly but fail with reads through the bridge. */
  readonly failing: readonly string[];
}

/** @param report JUnit XML as pytest writes it; skipped tests are ignored */
export function outcomesIn(report: string): Outcomes {
  const outcomes = new Map<string, boolean>();
  const cases = report.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs);
  for (const [, attributes = '', content = ''] of cases) {
    const name = /(?:^|\s)name="([^"]*)"/.exec(attributes)?.[1] ?? '';
    if (content.includes('<skipped')) continue;
    const passed = !/<(?:failure|error)\b/.test(content);
    outcomes.set(name, passed && (outcomes.get(name) ?? true));
  }
  return outcomes;
}

export function scoreOf(direct: Outcomes, throughBridge: Outcomes): Score {
  const passing = [...direct].filter(([, passed]) => passed).map(([name]) => name);
  const failing = passing.filter((name) => throughBridge.get(name) !== true).toSorted();
  return { direct: passing.length, throughBridge: passing.length - failing.length, failing };
}

/** @throws if no test passed directly, which means that the suite did not run */
export function renderScore({ direct, throughBridge, failing }: Score): string {
  if (direct === 0)
    throw new Error('No test of ceph/s3-tests passed against Ceph directly: the suite did not run.');
  const list = failing.map((name) => `- \`${name}\`\n`).join('');
  const details =
    failing.length === 0
      ? ''
      : `\n<details><summary>Tests that fail through the bridge</summary>\n\n${list}\n</details>\n`;
  return (
    `## ceph/s3-tests\n\n${throughBridge} of ${direct} tests that pass against Ceph also pass if reads go through the bridge. ` +
    `Writes and presigned URLs go to Ceph directly. The bridge does not offer ACLs and bucket settings.\n${details}`
  );
}
