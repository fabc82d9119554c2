// A probe for a scheduler: sends one read that the bridge must serve, and requests that it must reject.
//
//   node deploy/probe.ts --url ORIGIN --audience AUDIENCE --bucket BUCKET --key KEY --ungranted-key KEY --ungranted-account EMAIL
//
// In an image, the probe is /app/probe.js. The probe runs as its own service account, whose only grant is to get KEY. Prints one
// line of JSON with Cloud Logging's fields. Exit codes: 0, every check passed; 1, a check failed; 2, wrong usage.
import { parseArgs } from 'node:util';
import { readOrigin, ORIGIN_MUST } from '../src/config/allowed-origins.ts';
import { prepareRuntime } from '../src/runtime/process-setup.ts';
import type { ProbeOptions } from './probe-checks.ts';

const USAGE = `Usage: probe --url ORIGIN --audience AUDIENCE --bucket BUCKET --key KEY --ungranted-key KEY --ungranted-account EMAIL [--invoker-audience URL]

  --url ORIGIN               the bridge's origin: https://HOST[:PORT]
  --audience AUDIENCE        the audience that the bridge requires in callers' tokens
  --bucket BUCKET            the bucket's name in the bridge's configuration
  --key KEY                  the key of an object that this machine's service account may get
  --ungranted-key KEY        a key in that bucket that the account may not get; the object need not exist
  --ungranted-account EMAIL  a service account without any grant; to impersonate it, this machine's service account needs
                             roles/iam.serviceAccountOpenIdTokenCreator on it
  --invoker-audience URL     the audience that Cloud Run's invoker check requires; omit it if the check is off

Prints one line of JSON with a remedy for each failed check. Exit codes: 0, all checks passed; 1, a check failed; 2, wrong usage.
Run the probe on a Google Cloud machine whose service account is not the bridge's. The probe cannot test the sandbox.
`;

const NAMES = ['url', 'audience', 'bucket', 'key', 'ungranted-key', 'ungranted-account'] as const;

/** @throws Error whose message names the invalid option and the rule that it breaks */
function readOptions(args: readonly string[]): ProbeOptions {
  const text = { type: 'string' } as const;
  const options = Object.fromEntries([...NAMES, 'invoker-audience'].map((name) => [name, text]));
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values;
  const given = (name: (typeof NAMES)[number]): string => {
    const value = values[name];
    if (typeof value !== 'string' || value === '') throw new Error(`--${name} is required.`);
    return value;
  };
  const url = readOrigin(given('url'));
  if (url === undefined) throw new Error(`--url ${ORIGIN_MUST}.`);
  const invokerAudience = values['invoker-audience'];
  const { GCE_METADATA_IP, GCE_METADATA_HOST, FEDBRIDGE_GOOGLE_APIS } = process.env;
  return {
    url,
    audience: given('audience'),
    bucket: given('bucket'),
    key: given('key'),
    ungrantedKey: given('ungranted-key'),
    ungrantedAccount: given('ungranted-account'),
    metadataHost: GCE_METADATA_IP ?? GCE_METADATA_HOST ?? '169.254.169.254',
    googleApis: FEDBRIDGE_GOOGLE_APIS ?? 'https://iamcredentials.googleapis.com',
    ...(typeof invokerAudience === 'string' && invokerAudience !== '' ? { invokerAudience } : {}),
  };
}

async function probe(args: readonly string[]): Promise<number> {
  if (args.length === 1 && args[0] === '--help') {
    await write(process.stdout, USAGE);
    return 0;
  }
  let options: ProbeOptions;
  try {
    options = readOptions(args);
  } catch (error) {
    await write(process.stderr, `probe: ${error instanceof Error ? error.message : 'failed'}\n${USAGE}`);
    return 2;
  }
  // Imported here instead of at the top of the file, because this module loads Google's library, which needs the environment
  // that `prepareRuntime` sets.
  const { runChecks } = await import('./probe-checks.ts');
  const checks = await runChecks(options);
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  const line = {
    severity: failed.length === 0 ? 'INFO' : 'ERROR',
    message: `probe of ${options.url}: ${failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`}`,
    ok: failed.length === 0,
    url: options.url,
    checks,
  };
  await write(process.stdout, `${JSON.stringify(line)}\n`);
  return failed.length === 0 ? 0 : 1;
}

/** Waits until everything is written, because the process then exits. */
const write = (stream: NodeJS.WriteStream, text: string) =>
  new Promise<void>((resolve) => {
    stream.write(text, () => {
      resolve();
    });
  });

/** The exit code if the probe ends without a result, which is also Node's exit code for an unsettled top-level `await`. */
const UNSETTLED = 13;

prepareRuntime();
// Does not use top-level `await`, because the bundle is CommonJS, which does not support it.
process.exitCode = UNSETTLED;
void probe(process.argv.slice(2)).then((code) => {
  // Google's library keeps retrying after the probe's deadline, so the probe does not wait for it.
  process.exit(code);
});
