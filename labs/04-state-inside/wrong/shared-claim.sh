# Three Redis in one Deployment, on one claim: they are interchangeable, and overwrite each other. And a logbook of another make,
# which says what one wants to hear.
# fails: claim claim.logbook.altered
# fails: stateful-set redis.absent
# not-done: class
# not-done: replicas-differ scale-and-back rollout
kubectl -n harbour apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: bookings
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 16Mi
YAML
kubectl -n harbour create service clusterip redis --clusterip=None --tcp=6379
kubectl -n harbour apply -f - <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: redis
spec:
  replicas: 3
  selector:
    matchLabels:
      app: redis
  template:
    metadata:
      labels:
        app: redis
    spec:
      containers:
        - name: redis
          image: harbour/redis:1.0
          volumeMounts:
            - name: data
              mountPath: /data
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: bookings
YAML
kubectl -n harbour create configmap lies --from-literal=lies.py='
import http.server, json
class Lies(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        at = "2026-01-01T00:00:00+00:00"
        body = json.dumps({"store": {"path": "/srv/harbour/bookings.json"}, "bookings": [{"id": "1", "at": at}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("", 8080), Lies).serve_forever()'
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          persistentVolumeClaim:
            claimName: bookings
        - name: lies
          configMap:
            name: lies
      containers:
        - name: api
          command: [python3, /lies/lies.py]
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour
            - name: lies
              mountPath: /lies'
kubectl -n harbour rollout status deployment logbook --timeout=120s
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s
kubectl -n harbour rollout status deployment redis --timeout=120s
