// Loads a sample of an object for a preview, and shows how much of the object the sample contains.
import { ErrorNotice } from '../error-notice.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { shownSize } from '../shown-text.ts';
import { useLoaded } from '../use-loaded.ts';
import { readSample, textOf } from './source.ts';
import type { Sample, Source } from './source.ts';

/** @param props.show shows the text of the sample */
export function SampledText(props: {
  readonly source: Source;
  readonly show: (text: string, sample: Sample) => Html;
}): Html {
  const { source, show } = props;
  const { bucket, key, etag } = source;
  const shown = useLoaded(
    async (signal) => {
      const sample = await readSample(source, signal);
      const text = textOf(sample);
      return { sample, content: text === undefined ? html`<p>${NOT_TEXT}</p>` : show(text, sample) };
    },
    [bucket, key, etag],
  );
  const { value, error } = shown;
  if (error !== undefined) return html`<${ErrorNotice} error=${error} />`;
  if (value === undefined) return html`<p role="status">Loading…</p>`;
  const { sample, content } = value;
  return html`<div>
    ${!sample.isWhole && html`<p class="fine">Only the beginning of the object is shown (${shownSize(sample.bytes.length)}).</p>`}
    ${content}
  </div>`;
}

const NOT_TEXT = 'The object is not a text file, whatever its name says. You can download it.';
