import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { debianLike } from '#cli/engine/install.ts';
import { smallestProgram, smallestRootFilesystem } from '#cli/engine/smallest-program.ts';
import { capacity } from '#cli/host/capacity.ts';
import { GiB } from '#cli/host/finding.ts';
import { kernelFindings } from '#cli/host/kernel.ts';
import { diskFinding } from '#cli/host/limits.ts';

const linux = process.platform === 'linux';

test.runIf(linux)('the program that an engine is tried with runs and succeeds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-elf-'));
  const program = smallestProgram();
  expect(program?.length).toBeLessThan(200);
  writeFileSync(join(folder, 'true'), program ?? '', { mode: 0o755 });
  expect(spawnSync(join(folder, 'true')).status).toBe(0);
  rmSync(folder, { recursive: true });
});

test('its image is that one file, and there is none for a machine it has no code for', async () => {
  const tar = await smallestRootFilesystem(smallestProgram('arm64') ?? Buffer.alloc(0));
  const names: string[] = [];
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    names.push(`${entry.header.name} ${entry.header.mode?.toString(8)}`);
    entry.resume();
  }
  expect(names).toEqual(['true 755']);
  expect(smallestProgram('sparc')).toBeNull();
});

test.runIf(linux)('the kernel: built in, a module, missing, or not to be seen', () => {
  const state = (config: string | null, modules: string[]) =>
    kernelFindings(false, { config, modules: new Set(modules) }).map(({ state, found }) => `${state}: ${found}`);
  expect(state('CONFIG_NFT_QUEUE=y\nCONFIG_IP_VS=m\n# CONFIG_NET_SCH_NETEM is not set\n', ['ip_vs'])).toEqual([
    'ok: built in',
    'ok: a module',
    'warning: missing (CONFIG_NET_SCH_NETEM is not set)',
  ]);
  // A module that the configuration names, without the file it would be loaded from.
  expect(state('CONFIG_NFT_QUEUE=m\n', [])[0]).toMatch(/^warning: missing/);
  expect(state(null, [])).toEqual(Array(3).fill('unknown: cannot be seen from here'));
  expect(kernelFindings(true).map((finding) => finding.state)).toEqual(['unknown', 'unknown', 'unknown']);
});

test('a disk below the watermark is in the way, and the figure is told', () => {
  expect(diskFinding(tmpdir(), Number.MAX_SAFE_INTEGER)).toMatchObject({
    state: 'problem',
    found: expect.stringMatching(/^\d+\.\d GiB free in /),
  });
  expect(diskFinding(null, 4 * GiB).state).toBe('unknown');
});

test('how many labs a machine has room for, and what ends first', () => {
  const facts = { engine: { ok: false as const, reason: '' }, cores: 2, memoryBytes: 24 * GiB, diskFreeBytes: null };
  const limits = { networks: { most: 256, used: 6 }, inotifyWatches: null, pids: { most: 32_768, used: 500 }, ports: null };
  const settings = { memoryBytes: null, starts: null };
  const small = { memoryBytes: null, limits: { ...limits, inotifyInstances: { most: 128, used: 30 } } };
  expect(capacity(facts, small, settings)).toMatchObject({
    state: 'ok',
    found: 'about 3 of one node, 2 made at a time; first to run out: inotify instances, then memory (19.4 GiB for labs) at 28',
  });
  const none = { memoryBytes: null, limits: { ...limits, inotifyInstances: { most: 128, used: 120 } } };
  expect(capacity(facts, none, settings)).toMatchObject({ state: 'problem', breaks: 'No lab is begun.' });
  expect(capacity({ ...facts, memoryBytes: 2 * GiB }, null, settings)).toMatchObject({ state: 'warning' });
});

test.runIf(linux)('Debian and Ubuntu are told from other systems', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-os-'));
  const file = join(folder, 'os-release');
  const read = (text: string) => {
    writeFileSync(file, text);
    return debianLike(file);
  };
  expect(read('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n')).toEqual({
    id: 'debian',
    codename: 'bookworm',
    name: 'Debian GNU/Linux 12 (bookworm)',
  });
  expect(read('ID=ubuntu\nVERSION_CODENAME="noble"\n')).toMatchObject({ id: 'ubuntu', codename: 'noble' });
  expect(read('ID=fedora\nID_LIKE="rhel"\n')).toBeNull();
  rmSync(folder, { recursive: true });
});
