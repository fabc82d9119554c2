// What the sandbox prints when all is up: commands to paste, with the real ports.
import { SCOPED_PREFIX, type SandboxContract } from './contract.ts';

export interface Running {
  readonly contract: SandboxContract;
  readonly environment: Readonly<Record<string, string>>;
  readonly bridge: string;
  /** The bucket shows a directory: we do not know what is in it. */
  readonly ofDirectory: boolean;
  /** The bridge has a configuration other than the sandbox's: we do not know who may read what. */
  readonly ofOwnConfig: boolean;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function welcome({ contract, environment, bridge, ofDirectory, ofOwnConfig }: Running): string {
  const { metadata, control, audience, bucket, callers } = contract;
  const key = ofDirectory ? 'PATH/OF/A/FILE' : `${SCOPED_PREFIX}orders.csv`;
  const secret = ofDirectory ? 'PATH/OF/A/FILE' : 'raw/private/salaries.csv';
  const token = (variable: string, email: string) =>
    `${variable}=$(curl -s -H 'Metadata-Flavor: Google' '${metadata}/computeMetadata/v1/instance/service-accounts/${email}/identity?audience=${encodeURIComponent(audience)}&format=full')`;
  const get = (path: string, variable = 'TOKEN', options = '') =>
    `curl -s ${options}-H "Authorization: Bearer $${variable}" '${bridge}${path}'`;
  const variables = Object.entries(environment).map(([name, value]) => `  export ${name}=${quoted(value)}`);
  return `
The sandbox is up: Google, STS, S3 and the bridge, on 127.0.0.1 alone. Ctrl-C ends it.

  bridge ${bridge}   control ${control}
  metadata ${metadata}   keys ${contract.certs}
  STS ${contract.sts}   S3 ${contract.s3}

A token as ${callers.reader}${ofOwnConfig ? '' : `, who may read all of ${bucket}`}:
  ${token('TOKEN', callers.reader)}

An object, a range of it, a listing, who the bridge thinks you are:
  ${get(`/${bucket}/${key}`)}
  ${get(`/${bucket}/${key}`, 'TOKEN', '-H "Range: bytes=0-15" ')}
  ${get(`/${bucket}?list-type=2&delimiter=/`)}
  ${get('/-/whoami')}

As ${callers.scoped}${ofOwnConfig ? ', your configuration decides what this gives' : `, who may read ${SCOPED_PREFIX} alone, this is denied`}:
  ${token('SCOPED', callers.scoped)}
  ${get(`/${bucket}/${secret}`, 'SCOPED', '-i ')}

A bridge of your own against the same suppliers, with PORT=9090 npm start:
${variables.join('\n')}

`;
}
