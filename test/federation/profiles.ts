// Files of AWS profiles for a test, read by the SDK where its own variables say; and a sandbox whose STS they lead to.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../src/errors/fault.ts';
import { awsProfile } from '../../src/federation/aws-profile.ts';
import type { ProfileCredentials } from '../../src/federation/aws-profile.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { request } from '../support/http-request.ts';

export interface Profiles {
  readonly contract: SandboxContract;
  /** A directory of the test's own, and its home. */
  readonly directory: string;
  /** The fields of each profile. */
  write(profiles: Readonly<Record<string, Readonly<Record<string, string>>>>): void;
  profile(name: string, askCode?: (mfaSerial: string) => Promise<string>): ProfileCredentials;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** What STS was asked since the calls were last forgotten. */
  stsCalls(): Promise<readonly { readonly roleArn?: string; readonly status: number | null }[]>;
  /** As the device shows it now. */
  code(): Promise<string>;
  close(): Promise<void>;
}

/** Changes the environment of this process, of which the SDK reads it. */
export async function startProfiles(): Promise<Profiles> {
  const { contract, close } = await startSandbox();
  const directory = mkdtempSync(join(tmpdir(), 'fedbridge-profiles-'));
  const file = join(directory, 'config');
  Object.assign(process.env, {
    HOME: directory,
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { text } = await request(contract.control, path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return JSON.parse(text);
  };
  return {
    contract,
    directory,
    write: (profiles) => {
      const section = ([name, fields]: [string, Readonly<Record<string, string>>]): string =>
        [`[profile ${name}]`, ...Object.entries(fields).map(([key, value]) => `${key} = ${value}`)].join(
          '\n',
        );
      writeFileSync(file, `${Object.entries(profiles).map(section).join('\n\n')}\n`);
    },
    profile: (name, askCode = () => Promise.reject(new Error('no code is needed'))) =>
      awsProfile({ name, region: contract.region, stsEndpoint: contract.sts, askCode }),
    control,
    stsCalls: async () =>
      ((await control('GET', '/calls')) as { sts: { roleArn?: string; status: number | null }[] }).sts,
    code: async () => ((await control('GET', '/mfa')) as { code: string }).code,
    close: async () => {
      rmSync(directory, { recursive: true });
      await close();
    },
  };
}

/** The fault that it ends with. */
export async function faultOf(asked: Promise<unknown>): Promise<Fault> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('it succeeded');
}
