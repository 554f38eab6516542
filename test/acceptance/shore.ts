/** What the observations are tried on: a pod that answers in many ways, one that asks, and names that lead to the first. */

const program = `
import http.server, os, pathlib, socketserver, threading, time

stage = pathlib.Path('/stage')
(stage / 'note').write_text('ahoy\\n')
(stage / 'bytes').write_bytes(bytes([0xff, 0x00, 0x41]))
(stage / 'big').write_bytes(b'x' * 20000)
os.mkfifo(stage / 'pipe')
for name, target in {'out': '/etc/shadow', 'up': '../../../../../../etc/shadow', 'home': '/stage/note', 'loop': 'loop', 'zero': '/dev/zero'}.items():
    (stage / name).symlink_to(target)

class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        seen = {'/who': os.environ['HOSTNAME'], '/host': self.headers['Host'], '/cookie': self.headers.get('Cookie') or 'none', '/sent': self.headers.get('X-Sent') or 'none'}
        if self.path == '/redirect':
            return self.answer(302, '', [('Location', '/host')])
        if self.path == '/absolute':
            return self.answer(302, '', [('Location', 'http://boats.example/host')])
        if self.path == '/silent':
            return time.sleep(30)
        if self.path == '/half':
            self.wfile.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nonly this')
            self.close_connection = True
            return
        if self.path == '/endless':
            self.wfile.write(b'HTTP/1.1 200 OK\\r\\n\\r\\n')
            while True:
                self.wfile.write(b'x' * 65536)
        if self.path == '/headers':
            return self.answer(200, '', [('X-Long', 'x' * 200000)])
        if self.path == '/large':
            return self.answer(200, 'x' * 300000)
        text = seen.get(self.path)
        if text is None:
            return self.answer(404, 'nothing here')
        # The number of the connection's other end tells connections apart.
        self.answer(200, '{"seen": "%s", "port": %d}' % (text, self.client_address[1]), [('Set-Cookie', 'tide=high'), ('X-Ship', 'Ariel')])

    def answer(self, code, text, headers=()):
        self.send_response(code)
        for name, value in [('Content-Type', 'application/json'), ('Content-Length', str(len(text))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass

class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b'ahoy\\n')
        for line in self.rfile:
            self.wfile.write(line.upper())

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

threading.Thread(target=Server(('', 9000), Echo).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(('', 8080), Site).serve_forever()
`;

const indented = program
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n');

export const shore = `
apiVersion: v1
kind: Namespace
metadata: {name: quay}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: site, namespace: quay}
data:
  site.py: |
${indented}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: quay}
data: {word: ${Buffer.from([0xff, 0x00, 0x41]).toString('base64')}, plain: ${Buffer.from('sésame').toString('base64')}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: site, namespace: quay}
spec:
  replicas: 2
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec:
      hostAliases: [{ip: 127.0.0.1, hostnames: [myself.example]}]
      containers:
      - name: site
        image: harbour/api:1.0
        imagePullPolicy: Never
        command: [python3, -u, /program/site.py]
        env:
        - {name: EMPTY, value: ""}
        - {name: WORD, valueFrom: {secretKeyRef: {name: key, key: plain}}}
        ports: [{name: web, containerPort: 8080}]
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
        volumeMounts: [{name: program, mountPath: /program}, {name: stage, mountPath: /stage}, {name: key, mountPath: /key}]
      volumes:
      - {name: program, configMap: {name: site}}
      - {name: stage, emptyDir: {}}
      - {name: key, secret: {secretName: key}}
---
apiVersion: v1
kind: Pod
metadata: {name: asker, namespace: quay, labels: {app: asker}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: asker, image: "harbour/api:1.0", imagePullPolicy: Never, command: [sleep, infinity]}]
---
apiVersion: v1
kind: Service
metadata: {name: site, namespace: quay}
spec: {selector: {app: site}, ports: [{name: web, port: 80, targetPort: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: sites, namespace: quay}
spec: {clusterIP: None, selector: {app: site}, ports: [{name: web, port: 8080, targetPort: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: quay}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere, namespace: quay}
spec: {type: ExternalName, externalName: site.quay.svc.cluster.local}
`;
