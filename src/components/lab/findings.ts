import type { Finding } from '#grading/verdict.ts';
import { h, withCode } from './dom.ts';

/** What was found, each with what was seen, what is needed, why it matters and where to look. */
export function findingList(findings: readonly Finding[]): HTMLElement {
  return h('ul', { class: 'findings' }, ...findings.map((finding) => h('li', { 'data-code': finding.code }, facts(finding))));
}

function facts(finding: Finding): HTMLElement {
  const rows: [string, string][] = [
    ['Seen', finding.seen],
    ['Needed', finding.needed],
    ['Why', finding.why],
    ['Look at', finding.lookAt],
  ];
  return h(
    'dl',
    { class: 'finding' },
    ...rows.filter(([, text]) => text !== '').flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, ...withCode(text))]),
  );
}
