# The followers follow a name that stands for all three. The claims of pods that were scaled away are tidied up. And the update is
# let through to all.
# fails: replicas-differ differ.follows.another
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
                *) exec redis-server --replicaof redis 6379 ;;
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
kubectl -n harbour wait --for=delete pod/redis-2 pod/redis-1 --timeout=120s
kubectl -n harbour delete pvc data-redis-1 data-redis-2
kubectl -n harbour scale statefulset redis --replicas=3
kubectl -n harbour rollout status statefulset redis --timeout=150s
kubectl -n harbour set image statefulset redis redis=harbour/redis:1.1
kubectl -n harbour rollout status statefulset redis --timeout=150s
