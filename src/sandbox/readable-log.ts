// Converts the bridge's JSON log lines to readable text for a terminal: time, message and fix.
import * as z from 'zod';
import { escapeText } from '../config/show.ts';

const lineShape = z.object({
  time: z.string(),
  severity: z.string(),
  message: z.string(),
  caller: z.string().optional(),
  bytesSent: z.number().optional(),
  milliseconds: z.object({ total: z.number() }).optional(),
  remedy: z.string().optional(),
});

/** @returns one line, or two if there is a fix, without a final line feed. Input in any other format is returned unchanged */
export function readableLine(json: string): string {
  const read = lineShape.safeParse(parsed(json));
  if (!read.success) return json;
  const { time, severity, message, caller, bytesSent, milliseconds, remedy } = read.data;
  const parts = [
    time.slice(11, 19),
    ...(severity === 'INFO' ? [] : [severity]),
    message,
    ...(bytesSent === undefined ? [] : [`${bytesSent} bytes`]),
    ...(milliseconds === undefined ? [] : [`${milliseconds.total.toFixed(0)} ms`]),
    ...(caller === undefined ? [] : [caller]),
  ];
  const line = escapeText(parts.join('  '));
  return remedy === undefined ? line : `${line}\n          ${escapeText(remedy)}`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
