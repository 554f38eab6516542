/** JSON-like values as block-style YAML: node images read single keys of `/kind/kubeadm.conf` line by line. */
export function yaml(value: unknown): string {
  return `${block(value, 0)}\n`;
}

export function documents(values: readonly unknown[]): string {
  return values.map(yaml).join('---\n');
}

function block(value: unknown, depth: number): string {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return value.map((item) => (isNested(item) ? `${pad}- ${block(item, depth + 1).trimStart()}` : `${pad}- ${scalar(item)}`)).join('\n');
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    if (entries.length === 0) return '{}';
    return entries
      .map(
        ([key, each]) =>
          `${pad}${/^[A-Za-z][\w./-]*$/.test(key) ? key : JSON.stringify(key)}:${isNested(each) ? `\n${block(each, depth + 1)}` : ` ${scalar(each)}`}`,
      )
      .join('\n');
  }
  return scalar(value);
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Array.isArray(value) ? value.length : Object.keys(value).length) > 0;
}

function scalar(value: unknown): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  return JSON.stringify(value) ?? 'null';
}
