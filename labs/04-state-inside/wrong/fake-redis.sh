# Something that answers as a Redis would: the same words from every pod.
# fails: stateful-set redis.alike
# not-done: claim class
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
          command: [sh, -c]
          args:
            - |
              redis-server --port 7000 &
              until redis-cli -p 7000 ping; do sleep 1; done
              printf 'PING\r\nINFO server\r\nINFO replication\r\nCONFIG GET dir\r\nCONFIG GET appendonly\r\nCONFIG GET save\r\nQUIT\r\n' |
                nc 127.0.0.1 7000 | sed 's/^run_id:.*/run_id:0123456789012345678901234567890123456789\r/' >/tmp/words
              while true; do nc -l -p 6379 </tmp/words >/dev/null; done
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
