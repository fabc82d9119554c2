// Creates a new case from one or two earlier cases.
import type { Edit, FuzzCase } from './fuzz-case.ts';
import { CALLER_NAMES } from './lake.ts';
import { mutateText } from './mutate-text.ts';
import { mutateToken } from './mutate-token.ts';
import type { Random } from '../support/random.ts';
import { recipeOf } from './seeds.ts';
import { HEAD_WORDS, HEADER_NAMES, HEADER_VALUES, METHODS, URL_WORDS } from './words.ts';

/** Keeps requests below Node's limit of 16 KiB for headers. */
const MAX_URL = 4096;
const MAX_HEADERS = 12;

/** @param other a second case, from which parts are copied. @param most the maximum number of mutations */
export function mutate(random: Random, from: FuzzCase, other: FuzzCase, most = 4): FuzzCase {
  let made = from;
  for (let times = 1 + random.below(most); times > 0; times -= 1) made = mutateOnce(random, made, other);
  return made;
}

function mutateOnce(random: Random, from: FuzzCase, other: FuzzCase): FuzzCase {
  switch (random.below(13)) {
    case 0:
      return { ...from, headers: mutateHeaders(random, from.headers, other.headers) };
    case 1:
      return { ...from, headers: other.headers };
    case 2:
      return { ...from, token: mutateToken(random, from.token) };
    case 3:
      return { ...from, token: recipeOf(random.pick(CALLER_NAMES)) };
    case 4:
      return { ...from, method: random.chance(0.7) ? 'GET' : random.pick(METHODS) };
    case 5:
      return { ...from, place: random.pick(['bearer', 's3', 'bearer', 's3', 'nowhere'] as const) };
    case 6:
      return { ...from, token: mutateToken(random, from.token) };
    case 7:
      return { ...from, url: spliced(random, from.url, other.url) };
    default:
      return { ...from, url: mutateText(random, from.url, URL_WORDS).slice(0, MAX_URL) };
  }
}

function mutateHeaders(
  random: Random,
  headers: FuzzCase['headers'],
  others: FuzzCase['headers'],
): FuzzCase['headers'] {
  const place = random.below(headers.length + 1);
  const own = headers[place];
  const changed =
    own === undefined ? undefined : ([own[0], mutateText(random, own[1], HEADER_VALUES)] as const);
  const put = random.pick([
    [],
    changed === undefined ? [] : [changed],
    [[random.pick(HEADER_NAMES), random.pick(HEADER_VALUES)] as const],
    others.slice(0, 1),
    own === undefined ? [] : [own, own],
  ]);
  return headers.toSpliced(place, random.below(2), ...put).slice(0, MAX_HEADERS);
}

function spliced(random: Random, a: string, b: string): string {
  return (a.slice(0, random.below(a.length + 1)) + b.slice(random.below(b.length + 1))).slice(0, MAX_URL);
}

/** Creates edits for requests that no client sends: with extra line breaks, contradictory lengths, or a nested request. */
export function mutateHead(random: Random): readonly Edit[] {
  return Array.from({ length: 1 + random.below(3) }, () => ({
    at: random.below(1001) / 1000,
    drop: random.chance(0.5) ? 0 : random.below(6),
    put: random.pick(HEAD_WORDS),
  }));
}
