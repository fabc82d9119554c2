// The page's HTML templates. htm parses them in the browser without `eval`, which the page's content security policy forbids.
import htm from 'htm';
import { Fragment, h } from 'preact';
import type { VNode } from 'preact';

/** The result of a component. */
export type Html = VNode | null;

/** Creates elements. Values are always text, attributes or other elements: no text is parsed as HTML. */
export const html = htmlTemplates();

function htmlTemplates(): (strings: TemplateStringsArray, ...values: readonly unknown[]) => VNode {
  const template = htm.bind(h);
  const known = new WeakMap<TemplateStringsArray, TemplateStringsArray>();
  return (strings, ...values) => {
    let collapsed = known.get(strings);
    if (collapsed === undefined) {
      collapsed = collapseSpace(strings);
      known.set(strings, collapsed);
    }
    const result = template(collapsed, ...values);
    return Array.isArray(result) ? h(Fragment, null, ...result) : result;
  };
}

/** Replaces each line break with a space, as HTML does. htm itself would remove line breaks, and so join words. */
function collapseSpace(strings: TemplateStringsArray): TemplateStringsArray {
  const texts = strings.map((text) => text.replace(/\s*\n\s*/g, ' '));
  const last = texts.length - 1;
  texts[0] = (texts[0] ?? '').trimStart();
  texts[last] = (texts[last] ?? '').trimEnd();
  return Object.assign(texts, { raw: texts });
}
