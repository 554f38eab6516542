import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Fault, LineOf } from '#course/fault.ts';

export type ReadYaml = { ok: true; value: unknown; lineOf: LineOf } | { ok: false; faults: Fault[] };

/** Parses YAML that begins after `skipped` lines of `file`, with a way back from keys to lines. */
export function readYaml(file: string, text: string, skipped = 0): ReadYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const line = (offset: number) => counter.linePos(offset).line + skipped;
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({ file, line: line(error.pos[0]), message: `is not YAML here: ${error.message}` }));
    return { ok: false, faults };
  }
  const lineOf: LineOf = (path) => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const part of path) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
        if (pair === undefined || !isScalar(pair.key)) break;
        offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof part === 'number') {
        const item = node.items[part];
        if (!isMap(item) && !isSeq(item) && !isScalar(item)) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else break;
    }
    return line(offset);
  };
  return { ok: true, value: document.toJS() as unknown, lineOf };
}
