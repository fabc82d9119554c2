// The preview of a text file.
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { visibleLines } from '../shown-text.ts';
import { SampledText } from './sampled.ts';
import type { Source } from './source.ts';

export const TextPreview = ({ source }: { readonly source: Source }): Html =>
  html`<${SampledText}
    source=${source}
    show=${(text: string) => html`<pre tabindex="0">${visibleLines(text)}</pre>`}
  />`;
