// Two soaks with the same seed have the same requests and faults, so that a finding can be reproduced.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createStock } from './objects.ts';
import { createSchedule } from './plan.ts';
import { spellOf } from './fault-schedule.ts';

const scheduleOf = (seed: number): string => {
  const planOf = createSchedule(seed, createStock());
  const plans = [0, 1, 15].flatMap((worker) => Array.from({ length: 200 }, (_, n) => planOf(worker, n)));
  const spells = Array.from({ length: 50 }, (_, n) => spellOf(seed, n));
  return JSON.stringify([plans.map((plan) => ({ ...plan, expected: plan.expected.status })), spells]);
};

it('soak tests with the same seed have the same schedule, and a different seed gives a different schedule', () => {
  assert.equal(scheduleOf(5), scheduleOf(5));
  assert.notEqual(scheduleOf(5), scheduleOf(6));
});

it('no two requests in a soak test have the same number', () => {
  const planOf = createSchedule(5, createStock());
  const ids = [0, 1, 2].flatMap((worker) => Array.from({ length: 500 }, (_, n) => planOf(worker, n).id));
  assert.equal(new Set(ids).size, ids.length);
});
