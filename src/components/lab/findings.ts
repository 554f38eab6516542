import type { Finding } from '#grading/verdict.ts';
import { h, withCode } from './dom.ts';
import { findingRows } from './words.ts';

/** What was found, as Findings.astro draws it: what was seen, what is needed, why it matters and where to look. */
export function findingList(findings: readonly Finding[]): HTMLElement {
  return h('ul', { class: 'findings' }, ...findings.map((finding) => h('li', {}, facts(finding))));
}

function facts(finding: Finding): HTMLElement {
  return h(
    'dl',
    { class: 'finding' },
    ...findingRows(finding).flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, ...withCode(text))]),
  );
}
