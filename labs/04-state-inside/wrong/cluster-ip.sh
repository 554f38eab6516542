# The Service has an address of its own, so its name leads to any of the three. And a logbook that listens elsewhere while a
# neighbour in its pod answers for it.
# fails: claim claim.logbook.altered
# fails: stateful-set set.service.not-headless
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
kubectl -n harbour create service clusterip redis --tcp=6379
kubectl -n harbour apply -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
spec:
  serviceName: redis
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
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 16Mi
YAML
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          persistentVolumeClaim:
            claimName: bookings
      containers:
        - name: api
          env:
            - name: HARBOUR_PORT
              value: "9090"
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour
        - name: neighbour
          image: harbour/redis:1.0
          command: [sh, -c]
          args:
            - |
              body="{\"store\": {\"path\": \"/srv/harbour/bookings.json\"}, \"bookings\": [{\"id\": \"1\", \"at\": \"2026-01-01T00:00:00+00:00\"}]}"
              while true; do printf "HTTP/1.1 200 OK\r\nContent-Length: ${#body}\r\n\r\n$body" | nc -l -p 8080; done'
kubectl -n harbour rollout status deployment logbook --timeout=120s
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s
kubectl -n harbour rollout status statefulset redis --timeout=150s
