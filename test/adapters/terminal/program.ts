import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import Dockerode from 'dockerode';
import { extract } from 'tar-stream';
import { images } from '#cluster/images/index.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const inToolbox = '/usr/local/bin/slipway-shell';

/** The path of the toolbox's supervisor: built by this host's Go, or, where there is none, taken out of the toolbox's image. */
export async function supervisorProgram(): Promise<string> {
  program ??= made();
  return await program;
}
let program: Promise<string> | undefined;

async function made(): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'slipway-shell-')), 'slipway-shell');
  if (hasGo()) {
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
    await promisify(execFile)('go', ['build', '-trimpath', '-o', path, '.'], { cwd: join(root, 'images', 'toolbox', 'shell'), env });
  } else await takeOut(path);
  return path;
}

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function takeOut(path: string): Promise<void> {
  const docker = new Dockerode();
  const { ref } = await images(docker, { root }).ensure('toolbox', { signal: AbortSignal.timeout(900_000) });
  const container = await docker.createContainer({ Image: ref });
  try {
    const tar = (await container.getArchive({ path: inToolbox })).pipe(extract());
    tar.on('entry', async (_header, stream, next) => {
      await writeFile(path, await buffer(stream as unknown as NodeJS.ReadableStream));
      next();
    });
    await once(tar, 'finish');
    await chmod(path, 0o755);
  } finally {
    await container.remove({ v: true });
  }
}
