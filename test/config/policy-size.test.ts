// A grant that no session policy can hold is refused when the bridge starts, not when a caller comes.
import { describe, it } from 'node:test';
import { assertOneProblem, problemsWith } from './sample.ts';

describe('a grant', () => {
  it('has a session policy that STS takes', () => {
    assertOneProblem(
      problemsWith(['grants 0 prefix', `${'é'.repeat(200)}/`]),
      /^grants\[0\]: makes a session policy of \d{4} characters, and STS takes at most 2048\. Grant a shorter prefix/,
    );
  });
});
