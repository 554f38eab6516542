import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { contextTar } from '#cluster/images/context.ts';
import { aptMirror } from '#cluster/images/debian.ts';
import { inputHash } from '#cluster/images/inputs.ts';
import { engineMessages } from '#cluster/images/progress.ts';

const host = { proxies: {}, go: {}, authorities: 'PEM' };
const file = (path: string, content: string, executable = false) => ({ path, executable, content: Buffer.from(content) });

test("Debian's packages come from the mirror that the host itself uses, in both of apt's formats", () => {
  const deb822 = 'Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\n\nTypes: deb\nURIs: http://mirror.test/debian-security/\n';
  expect(aptMirror(['deb https://other.test/apt stable main', deb822])).toEqual({
    uri: 'http://mirror.test/debian',
    security: 'http://mirror.test/debian-security/',
  });
  const lines = 'deb [arch=amd64 signed-by=/k.gpg] http://near.test/debian/ trixie main\n# deb http://off.test/debian trixie main\n';
  expect(aptMirror([lines])).toEqual({ uri: 'http://near.test/debian/', security: null });
  expect(aptMirror(['deb http://archive.ubuntu.test/ubuntu noble main'])).toEqual({ uri: 'http://deb.debian.org/debian', security: null });
});

test('certificates go only into a context whose Dockerfile asks for them', async () => {
  expect(await paths([file('Dockerfile', 'FROM scratch\nCOPY . /\n'), file('run', '', true)])).toEqual({ Dockerfile: 0o644, run: 0o755 });
  expect(await paths([file('Dockerfile', 'FROM scratch\nCOPY .host/ca.crt /etc/\n')])).toEqual({
    Dockerfile: 0o644,
    '.host/ca.crt': 0o644,
  });
});

async function paths(files: Parameters<typeof contextTar>[1]): Promise<Record<string, number | undefined>> {
  const found: Record<string, number | undefined> = {};
  const unpacking = extract();
  contextTar('x', files, host).pipe(unpacking);
  for await (const entry of unpacking) {
    found[entry.header.name] = entry.header.mode;
    await text(entry);
  }
  return found;
}

test('whatever decides what an image becomes is in its hash', () => {
  const base = { image: { name: 'a', args: { V: '1' } }, files: [file('Dockerfile', 'FROM x')], from: { BASE: 'one' }, arch: 'amd64' };
  const hash = (change: Partial<typeof base>) => {
    const { image, files, from, arch } = { ...base, ...change };
    return inputHash(image, files, from, arch);
  };
  const all = [
    hash({}),
    hash({ image: { name: 'b', args: { V: '1' } } }),
    hash({ image: { name: 'a', args: { V: '2' } } }),
    hash({ files: [file('Dockerfile', 'FROM y')] }),
    hash({ files: [file('Dockerfile', 'FROM x', true)] }),
    hash({ files: [file('Dockerfile', 'FROM'), file(' x', '')] }),
    hash({ from: { BASE: 'two' } }),
    hash({ arch: 'arm64' }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(hash({})).toBe(all[0]);
});

test("the engine's messages are read whole however the stream is cut", async () => {
  const bytes = Buffer.from('{"stream":"Schritt ü"}\r\n{"aux":{"ID":"sha256:1"}}\n');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    async function* stream() {
      yield bytes.subarray(0, cut);
      yield bytes.subarray(cut);
    }
    const messages = [];
    for await (const message of engineMessages(stream())) messages.push(message);
    expect(messages).toEqual([{ stream: 'Schritt ü' }, { aux: { ID: 'sha256:1' } }]);
  }
});
