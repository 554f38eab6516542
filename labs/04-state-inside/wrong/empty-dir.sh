# An emptyDir outlives a container, but not its pod: neither the logbook's nor Redis's.
# fails: claim claim.volume.not-a-claim
# fails: stateful-set set.data.not-on-claim
# not-done: class
# not-done: replicas-differ scale-and-back rollout
kubectl -n harbour create service clusterip redis --clusterip=None --tcp=6379
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
      volumes:
        - name: data
          emptyDir: {}
YAML
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          emptyDir: {}
      containers:
        - name: api
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour'
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Ariel", "berth": 3}'
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s
kubectl -n harbour rollout status statefulset redis --timeout=150s
