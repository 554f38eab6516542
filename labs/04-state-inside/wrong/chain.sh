# Each follows the one before it, so that the primary knows of one only; nobody was ever scaled; and an update of something else.
# fails: replicas-differ differ.follows.another
# fails: scale-and-back scale.never
# fails: rollout rollout.not-asked
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
    rollingUpdate:
      partition: 2
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
kubectl -n harbour rollout status statefulset redis --timeout=150s
kubectl -n harbour patch statefulset redis --patch '{"spec": {"template": {"metadata": {"annotations": {"version": "1.1"}}}}}'
kubectl -n harbour rollout status statefulset redis --timeout=150s
