# Each follows the one before it, so that the primary knows of one only; nobody was ever scaled; and a pod was
# changed by hand and given the label of those that were updated.
# fails: replicas-differ differ.follows.another
# fails: scale-and-back scale.never
# fails: rollout rollout.by-hand
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
  updateStrategy:
    type: OnDelete
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
                *) exec redis-server --replicaof "redis-$((${HOSTNAME##*-} - 1)).redis" 6379 ;;
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
until kubectl -n harbour wait --for=condition=ready pod/redis-2 --timeout=60s; do sleep 1; done
kubectl -n harbour set image statefulset redis redis=harbour/redis:1.1
kubectl -n harbour set image pod/redis-2 redis=harbour/redis:1.1
revision=$(kubectl -n harbour get statefulset redis -o jsonpath='{.status.updateRevision}')
kubectl -n harbour label --overwrite pod redis-2 controller-revision-hash=$revision
kubectl -n harbour wait --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 pod/redis-2 --timeout=60s
kubectl -n harbour wait --for=condition=ready pod/redis-2 --timeout=60s
