# Updates that can never finish, one of them with a name that is no name, and notes as large as they may be.
# fails: claim claim.rollout.stuck
# fails: stateful-set redis.stuck
# fails: replicas-differ redis.stuck
# fails: scale-and-back redis.stuck
# fails: rollout redis.stuck
# not-done: class
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
          image: harbour/redis:1.1-beta
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
kubectl -n harbour patch deployment logbook --type=json --patch '[{"op": "add", "path": "/spec/template/spec/containers/0/command", "value": ["<img src=x onerror=alert(1)>\u202e\u0007 ${pod} {pod}"]}]'
kubectl -n harbour annotate deployment/logbook statefulset/redis note="$(head -c 120000 /dev/zero | tr '\0' x)"
kubectl -n harbour wait --for=jsonpath='{.status.containerStatuses[0].state.waiting.reason}'=ImagePullBackOff pod/redis-0 --timeout=90s
