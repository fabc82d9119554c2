// Parses the body of PUT /faults: an emulator, a kind of fault, and the fields of that kind.
import type { Fault, FaultSetting } from '../injected-faults.ts';
import { S3_ERRORS } from '../s3/s3-error.ts';
import { STS_ERRORS } from '../sts/sts-error.ts';
import { UPSTREAMS, type UpstreamName } from '../upstreams.ts';
import { BadField, choice, number, optional, record, refuseOthers, text, type Fields } from './fields.ts';

interface FaultKind {
  /** The fields that are specific to this kind of fault, with their descriptions in the list of routes. */
  readonly fields: Readonly<Record<string, string>>;
  read(fields: Fields, upstream: UpstreamName): Fault;
}

const COMMON = ['upstream', 'fault', 'times', 'path'];
const LONGEST_DELAY_MS = 600_000;

const plain = (kind: 'hang' | 'reset' | 'refuse' | 'garbage' | 'empty'): FaultKind => ({
  fields: {},
  read: () => ({ kind }),
});
const bytes = (fields: Fields) => number(fields, 'after', { least: 0, integer: true });

export const FAULT_KINDS: Readonly<Record<Fault['kind'], FaultKind>> = {
  hang: plain('hang'),
  reset: plain('reset'),
  refuse: plain('refuse'),
  garbage: plain('garbage'),
  empty: plain('empty'),
  delay: {
    fields: { milliseconds: 'how long to wait before the normal response' },
    read: (fields) => ({
      kind: 'delay',
      milliseconds: number(fields, 'milliseconds', { least: 0, most: LONGEST_DELAY_MS }),
    }),
  },
  hold: {
    fields: {
      after: 'optional: how many bytes of the body to send first; the rest is sent when the fault is cleared',
    },
    read: (fields) => ({
      kind: 'hold',
      after: optional(fields, 'after', (all, name) => number(all, name, { least: 0, integer: true })),
    }),
  },
  status: {
    fields: { status: '200 to 599', code: 'optional', message: 'optional', headers: 'optional' },
    read: (fields) => ({
      kind: 'status',
      status: number(fields, 'status', { least: 200, most: 599, integer: true }),
      code: optional(fields, 'code', text),
      message: optional(fields, 'message', text),
      headers: headersOf(fields),
    }),
  },
  error: {
    fields: {
      code: 'an error code of the emulated service, such as SlowDown',
      message: 'optional',
      headers: 'optional',
    },
    read(fields, upstream) {
      const code = text(fields, 'code');
      const known = codesOf(upstream);
      const status = known.get(code)?.[0];
      if (status !== undefined) {
        return {
          kind: 'error',
          status,
          code,
          message: optional(fields, 'message', text),
          headers: headersOf(fields),
        };
      }
      const remedy =
        known.size > 0
          ? `use one of ${[...known.keys()].join(', ')}`
          : 'use the fault "status" for this emulator';
      throw new BadField('code', `is not an error code of ${upstream}`, remedy);
    },
  },
  cut: {
    fields: { after: 'how many bytes of the body to send before the connection closes' },
    read: (fields) => ({ kind: 'cut', after: bytes(fields) }),
  },
  stall: {
    fields: { after: 'how many bytes of the body to send before the response stalls' },
    read: (fields) => ({ kind: 'stall', after: bytes(fields) }),
  },
  drip: {
    fields: { bytesPerSecond: 'how many bytes of the body to send per second' },
    read: (fields) => ({ kind: 'drip', bytesPerSecond: number(fields, 'bytesPerSecond', { least: 0.1 }) }),
  },
  'wrong-length': {
    fields: { by: 'how many bytes to add to Content-Length; negative to subtract; default: 1' },
    read: (fields) => ({
      kind: 'wrong-length',
      by: optional(fields, 'by', (all, name) => number(all, name, { integer: true })) ?? 1,
    }),
  },
};

/** A fault to set or, if the request's `fault` is null, the faults to clear. */
export type FaultRequest =
  { readonly set: FaultSetting } | { readonly clear: UpstreamName; readonly path?: string | undefined };

export function faultRequestOf(fields: Fields): FaultRequest {
  const upstream = choice(fields, 'upstream', UPSTREAMS);
  const path = optional(fields, 'path', text);
  if (fields['fault'] === null) {
    refuseOthers(fields, ['upstream', 'fault', 'path']);
    return { clear: upstream, path };
  }
  const kind = choice(fields, 'fault', Object.keys(FAULT_KINDS) as Fault['kind'][]);
  const definition = FAULT_KINDS[kind];
  refuseOthers(fields, [...COMMON, ...Object.keys(definition.fields)]);
  const times = optional(fields, 'times', (all, name) => number(all, name, { least: 1, integer: true }));
  if (kind === 'refuse' && (times !== undefined || path !== undefined)) {
    throw new BadField(
      times === undefined ? 'path' : 'times',
      'cannot be combined with "refuse", because a refused connection has no request',
      'omit this field; to end the fault, set "fault" to null',
    );
  }
  return { set: { upstream: upstream, fault: definition.read(fields, upstream), times, path } };
}

function codesOf(upstream: UpstreamName): ReadonlyMap<string, readonly [status: number, message: string]> {
  if (upstream === 'sts') return STS_ERRORS;
  return upstream === 's3' ? S3_ERRORS : new Map();
}

function headersOf(fields: Fields): Record<string, string> | undefined {
  const given = optional(fields, 'headers', record);
  return (
    given && Object.fromEntries(Object.keys(given).map((name) => [name.toLowerCase(), text(given, name)]))
  );
}
