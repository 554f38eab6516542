import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabSpec } from '#cluster/port.ts';
import { harbour } from '../adapters/preview/harness.ts';
import { aLab, imageOf, provider } from './a-lab.ts';

const slipway = provider();
const instance = `test-${process.pid}`;

/** Answers under which name it was asked. */
const program = `
import http.server
class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        text = ('asked as ' + self.headers['Host']).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def do_POST(self):
        size = int(self.headers['Content-Length'])
        got = 0
        while got < size:
            got += len(self.rfile.read(min(65536, size - got)))
        text = str(got).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(('', 8000), Site).serve_forever()
`;

const inCluster = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: site }
spec:
  selector: { matchLabels: { app: site } }
  template:
    metadata: { labels: { app: site } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: site
          image: harbour/api:1.0
          command: [python3, -c, ${JSON.stringify(program)}]
---
apiVersion: v1
kind: Service
metadata: { name: site }
spec:
  type: NodePort
  selector: { app: site }
  ports: [{ port: 80, targetPort: 8000, nodePort: 30080 }]
`;

const preview = { title: 'A program', host: 'control-plane', port: 30080, tls: false, path: '/' };
const previews = [
  { ...preview, id: 'node-port' },
  { ...preview, id: 'by-host', hostHeader: 'shop.example' },
  { ...preview, id: 'container', host: 'desk', port: 8080 },
  { ...preview, id: 'api', port: 6443, tls: true },
  { ...preview, id: 'nothing', port: 30099 },
];

let here: Awaited<ReturnType<typeof harbour>>;
let spec: LabSpec;

beforeAll(async () => {
  here = await harbour({}, { provider: slipway, instance, previews });
  await imageOf('harbour/api:1.0');
  spec = await aLab({
    instance,
    lab: here.session.instance ?? '',
    images: ['harbour/api:1.0'],
    containers: [{ name: 'desk', image: 'harbour/api:1.0', env: {} }],
    cluster: { setup: [{ name: 'site.yaml', yaml: inCluster }] },
  });
  await slipway.create(spec, () => {}, AbortSignal.timeout(500_000));
});
afterAll(async () => {
  await here.close();
  await slipway.remove(spec, AbortSignal.timeout(60_000));
  slipway.close?.();
});

const see = async (label: string, path = '/') => await here.get(path, { label, headers: { cookie: await here.cookie(label) } });

it('shows a NodePort, a container beside the cluster, what listens by another host name, and what speaks TLS', async () => {
  await expect.poll(async () => (await see('node-port')).text, { timeout: 60_000, interval: 500 }).toBe('asked as control-plane:30080');
  expect((await see('by-host')).text).toBe('asked as shop.example');
  expect((await see('container', '/healthz')).status).toBe(200);
  expect(JSON.parse((await see('api', '/version')).text)).toMatchObject({ major: '1' });
});

it('takes an upload of 20 MB through the lab’s gateway', async () => {
  const headers = { cookie: await here.cookie('node-port') };
  const answer = await here.get('/', { label: 'node-port', method: 'POST', headers, body: Buffer.alloc(20_000_000) });
  expect(answer).toMatchObject({ status: 200, text: '20000000' });
});

it('says where nothing listens', async () => {
  const answer = await see('nothing');
  expect(answer.status).toBe(502);
  expect(answer.text).toContain('control-plane:30099');
});
