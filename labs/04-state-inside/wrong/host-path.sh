# The data survives, but only on this node, and beside whatever else is in that folder.
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
          securityContext:
            runAsUser: 0
          env:
            - name: POD
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          volumeMounts:
            - name: data
              mountPath: /data
              subPathExpr: $(POD)
      volumes:
        - name: data
          hostPath:
            path: /var/tmp/redis
            type: DirectoryOrCreate
YAML
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          hostPath:
            path: /var/tmp
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
