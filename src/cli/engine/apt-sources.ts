/** A place that apt installs from, read from either format of its source files. */
export interface AptSource {
  uris: readonly string[];
  suites: readonly string[];
  signedBy: string | undefined;
}

/** The sources in a `.sources` (deb822) file that are enabled and of binary packages. */
export function readDeb822(text: string): AptSource[] {
  return text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter((fields) => (fields['types'] ?? '').split(/\s+/).includes('deb') && fields['enabled'] !== 'no')
    .map((fields) => ({
      uris: words(fields['uris']),
      suites: words(fields['suites']),
      signedBy: fields['signed-by'] || undefined,
    }));
}

/** The sources in a one-line (`.list`) file. */
export function readOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line);
    if (!match?.[2] || !match[3]) return [];
    return [{ uris: [match[2]], suites: [match[3]], signedBy: /signed-by=(\S+)/.exec(match[1] ?? '')?.[1] }];
  });
}

/** The source of a release itself: not its security or updates suites, nor anybody else's packages. */
export function sourceOf(codename: string, sources: readonly AptSource[]): AptSource | undefined {
  return sources.find((source) => source.suites.includes(codename) && source.uris.length > 0);
}

/** A deb822 source of another release at the same place and with the same key. */
export function sourceFor(suite: string, like: AptSource): string {
  const signed = like.signedBy ? [`Signed-By: ${like.signedBy}`] : [];
  return [
    `# Made by Slipway for a Docker engine that can run privileged containers here. Safe to delete.`,
    'Types: deb',
    `URIs: ${like.uris.join(' ')}`,
    `Suites: ${suite}`,
    'Components: main',
    ...signed,
    '',
  ].join('\n');
}

/** A pin that keeps everything else on this machine at its own release. */
export function pinFor(suite: string): string {
  return `# Made by Slipway: packages come from ${suite} only when they are asked for by name.\nPackage: *\nPin: release n=${suite}\nPin-Priority: 50\n`;
}

function fieldsOf(stanza: string): Record<string, string> {
  const fields: Record<string, string> = {};
  let name = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const begin = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (begin?.[1] !== undefined) {
      name = begin[1].toLowerCase();
      fields[name] = begin[2] ?? '';
    } else if (name && /^\s/.test(line)) {
      fields[name] += `\n${line}`;
    }
  }
  return fields;
}

const words = (text: string | undefined) => (text ?? '').split(/\s+/).filter((word) => word !== '');
