// A probe for a scheduler: one read through a bridge that must succeed, and what the bridge must refuse.
//
//   node deploy/probe.ts --url ORIGIN --audience AUDIENCE --bucket BUCKET --key KEY --ungranted-key KEY --ungranted-account EMAIL
//
// An image holds it as /app/probe.js. It runs as a service account of its own, whose only grant is to get KEY. Prints one line of
// JSON, in Cloud Logging's fields, and ends with 0 where every check holds, 1 where one does not, 2 where it was called wrongly.
import { parseArgs } from 'node:util';
import { readOrigin, ORIGIN_MUST } from '../src/config/allowed-origins.ts';
import { prepareRuntime } from '../src/runtime/process-setup.ts';
import type { ProbeOptions } from './probe-checks.ts';

const USAGE = `Usage: probe --url ORIGIN --audience AUDIENCE --bucket BUCKET --key KEY --ungranted-key KEY --ungranted-account EMAIL [--invoker-audience URL]

  --url ORIGIN               the bridge: https://HOST[:PORT]
  --audience AUDIENCE        what the bridge wants callers' tokens to be for
  --bucket BUCKET            as the bridge's configuration names it
  --key KEY                  an object that this machine's service account may get
  --ungranted-key KEY        a key of that bucket that it may not get, whether or not there is such an object
  --ungranted-account EMAIL  a service account without any grant; this one needs
                             roles/iam.serviceAccountOpenIdTokenCreator on it, to ask the bridge in its name
  --invoker-audience URL     only behind Cloud Run's invoker check: what that check wants tokens to be for

Prints one line of JSON, in which each check that failed has a remedy. Exit code: 0 all holds, 1 something does not, 2 wrong usage.
It needs a machine of Google Cloud's with an account that is not the bridge's, and so cannot be tried on the sandbox.
`;

const NAMES = ['url', 'audience', 'bucket', 'key', 'ungranted-key', 'ungranted-account'] as const;

/** @throws Error that names the option, the rule and the remedy */
function readOptions(args: readonly string[]): ProbeOptions {
  const text = { type: 'string' } as const;
  const options = Object.fromEntries([...NAMES, 'invoker-audience'].map((name) => [name, text]));
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values;
  const given = (name: (typeof NAMES)[number]): string => {
    const value = values[name];
    if (typeof value !== 'string' || value === '') throw new Error(`--${name} must be given.`);
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
  // Loads Google's library, which must find the environment prepared.
  const { runChecks } = await import('./probe-checks.ts');
  const checks = await runChecks(options);
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  const line = {
    severity: failed.length === 0 ? 'INFO' : 'ERROR',
    message: `probe of ${options.url}: ${failed.length === 0 ? 'all holds' : `failed: ${failed.join(', ')}`}`,
    ok: failed.length === 0,
    url: options.url,
    checks,
  };
  await write(process.stdout, `${JSON.stringify(line)}\n`);
  return failed.length === 0 ? 0 : 1;
}

/** Waits until all is written, as the process ends next. */
const write = (stream: NodeJS.WriteStream, text: string) =>
  new Promise<void>((resolve) => {
    stream.write(text, () => {
      resolve();
    });
  });

/** As Node ends a module that waits for what never comes: a probe that says nothing must not say that all holds. */
const UNSETTLED = 13;

prepareRuntime({ env: process.env });
// No `await` of the module itself: a bundle is CommonJS, which has none.
process.exitCode = UNSETTLED;
void probe(process.argv.slice(2)).then((code) => {
  // Google's library goes on trying behind our deadline: nobody should wait for that.
  process.exit(code);
});
