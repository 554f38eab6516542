# The followers know the primary by the address it happens to have. Scaling down deletes claims by a setting. And the update may
# reach the last two.
# fails: replicas-differ differ.follows.address
# fails: scale-and-back scale.claim.new
# fails: rollout rollout.other.changed
# not-done: claim class
kubectl -n harbour create service clusterip redis --clusterip=None --tcp=6379
kubectl -n harbour apply -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
spec:
  serviceName: redis
  replicas: 3
  persistentVolumeClaimRetentionPolicy:
    whenScaled: Delete
  updateStrategy:
    rollingUpdate:
      partition: 1
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
          command: [sh, -c]
          args:
            - |
              case $HOSTNAME in
                *-0) exec redis-server ;;
                *) exec redis-server --replicaof "$(nslookup redis-0.redis.harbour.svc.cluster.local | sed -n 's/^Address: *\([0-9.]*\)$/\1/p' | tail -n 1)" 6379 ;;
              esac
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
kubectl -n harbour rollout status statefulset redis --timeout=150s
kubectl -n harbour scale statefulset redis --replicas=1
kubectl -n harbour wait --for=delete pod/redis-2 pod/redis-1 pvc/data-redis-1 --timeout=120s
kubectl -n harbour scale statefulset redis --replicas=3
kubectl -n harbour rollout status statefulset redis --timeout=150s
kubectl -n harbour set image statefulset redis redis=harbour/redis:1.1
kubectl -n harbour rollout status statefulset redis --timeout=150s
