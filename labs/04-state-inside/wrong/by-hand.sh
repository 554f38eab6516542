# All by hand: followers are told to follow, pods are deleted and not scaled, and one pod is given the new image.
# fails: replicas-differ differ.other.led
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
kubectl -n harbour rollout status statefulset redis --timeout=150s
kubectl -n harbour delete pod redis-2 redis-1
kubectl -n harbour rollout status statefulset redis --timeout=150s
kubectl -n harbour set image pod/redis-2 redis=harbour/redis:1.1
kubectl -n harbour wait --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 pod/redis-2 --timeout=60s
kubectl -n harbour wait --for=condition=ready pod/redis-2 --timeout=60s
# Long enough for anybody to be sent to the pods as they are.
sleep 3
for pod in redis-1 redis-2; do
  kubectl -n harbour exec $pod -- redis-cli replicaof redis-0.redis 6379
done
