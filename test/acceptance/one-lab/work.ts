import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openShell } from '#runtime/prove/shell.ts';
import { type BenchLab, lab } from './bench-lab.ts';
import { slipway } from './command.ts';

const run = promisify(execFile);

/** A learner takes the work home: the archive, and the lab in the hands of this host's kubectl. */
export function work(theLab: () => BenchLab): void {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-work-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  let top = '';

  test('files, transcript and objects are in the archive, and nothing of the set-up', async () => {
    const { here, labs, ref, session, inToolbox } = theLab();
    const shell = await openShell(labs, ref, '1', AbortSignal.timeout(60_000));
    await shell.run('printf "\\033[31m%s\\033[0m\\n" "typed by $USER"', AbortSignal.timeout(60_000));
    await shell.close();
    await inToolbox(`
      mkdir -p notes && echo 'Ariel berths at 3.' > notes/log.txt && ln -s notes/log.txt latest && ln -s /etc/passwd out
      truncate -s 3G huge.img
      kubectl create namespace mine
      kubectl -n mine create secret generic papers --from-literal=word=kept
      kubectl -n mine create deployment crane --image=harbour/api:1.0 --replicas=1
      kubectl -n mine expose deployment crane --port=80
      kubectl apply --server-side -f - <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: { name: plan, namespace: mine }
data: { berth: "3" }
YAML
      kubectl -n shop label deployment web seen=yes
      kubectl -n mine rollout status deployment crane --timeout=60s || true`);
    const answer = await fetch(`${here.origin}/api/sessions/${session.id}/work`, { headers: { cookie: await here.cookie() } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="slipway-00-bench-[\d-]+\.tar\.gz"$/);
    const file = join(folder, 'work.tar.gz');
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    await run('tar', ['-xzf', file, '-C', folder]);
    top = readdirSync(folder).find((name) => name !== 'work.tar.gz') ?? '';
    expect(text(top, 'README.txt')).not.toMatch(/^- .*(transcript|objects)/m);
    expect(text(top, 'home/notes/log.txt')).toBe('Ariel berths at 3.\n');
    expect(text(top, 'home/latest')).toBe('Ariel berths at 3.\n');
    expect(readdirSync(join(folder, top, 'home'))).not.toEqual(expect.arrayContaining(['out']));
    expect(readdirSync(join(folder, top, 'home'))).not.toEqual(expect.arrayContaining(['huge.img']));
    expect(text(top, 'transcript-1.txt')).toMatch(/^typed by learner$/m);
    expect(text(top, 'transcript-1.raw')).toContain('\u001b[31mtyped by learner');
    expect(text(top, 'README.txt')).toMatch(/"out" is left out: it points outside[\s\S]*"huge\.img" is left out: it is larger/);
    const objects = readdirSync(join(folder, top, 'objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yaml'),
    );
    expect(objects.sort()).toEqual([
      '_cluster/Namespace-mine.yaml',
      'mine/ConfigMap-plan.yaml',
      'mine/Deployment-crane.yaml',
      'mine/Secret-papers.yaml',
      'mine/Service-crane.yaml',
      'shop/Deployment-web.yaml',
    ]);
    const { metadata, data } = parse(text(top, 'objects/mine/Secret-papers.yaml'));
    expect(metadata).toEqual({ name: 'papers', namespace: 'mine' });
    expect(data).toEqual({ word: Buffer.from('kept').toString('base64') });
  });

  test('what was taken home can be applied again', async () => {
    const { inToolbox } = theLab();
    await inToolbox('kubectl delete namespace mine --timeout=100s');
    await inToolbox('kubectl create namespace mine');
    const all = ['Service-crane', 'Deployment-crane', 'Secret-papers', 'ConfigMap-plan'].map((name) =>
      text(top, 'objects/mine', `${name}.yaml`),
    );
    const made = await inToolbox(`kubectl apply -f - <<'YAML'\n${all.join('---\n')}\nYAML`);
    expect(made.match(/created/g)).toHaveLength(4);
  });

  test('./slipway kubeconfig opens the lab to kubectl on this host, as its learner', async () => {
    const { here } = theLab();
    const { stdout, stderr } = await slipway(here, 'kubeconfig', lab);
    expect(stderr).toBe('');
    const config = parse(stdout);
    expect(config['current-context']).toBe(`slipway-${lab}`);
    const { server } = config.clusters[0].cluster;
    expect(server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    // The toolbox has the kubectl of this lab; on the host's network it is any program of this host.
    const image =
      (await new Docker().listContainers({ filters: { label: [`slipway.instance=${here.instance}`, 'slipway.part=toolbox'] } }))[0]
        ?.Image ?? '';
    const file = join(folder, 'kubeconfig');
    writeFileSync(file, stdout, { mode: 0o644 });
    const whoami = '--kubeconfig=/k auth whoami -o yaml'.split(' ');
    const { stdout: who } = await run('docker', [
      ...'run --rm --network=host --entrypoint=kubectl -v'.split(' '),
      `${file}:/k:ro`,
      image,
      ...whoami,
    ]);
    expect(parse(who).status.userInfo).toMatchObject({ username: 'learner', groups: expect.arrayContaining(['slipway:learners']) });
  });
}
