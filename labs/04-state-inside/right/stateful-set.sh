# A StatefulSet in place of the Deployment, with the file moved onto a volume of its own class, which then shows that it keeps.
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Retain
YAML
kubectl -n harbour delete deployment logbook --cascade=foreground
kubectl apply -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: book
  namespace: harbour
spec:
  serviceName: logbook
  replicas: 1
  selector:
    matchLabels:
      app: logbook
  template:
    metadata:
      labels:
        app: logbook
    spec:
      containers:
        - name: harbour
          image: harbour/api:1.0
          env:
            - name: HARBOUR_BOOKINGS_FILE
              value: /var/log/book/of/bookings.json
          ports:
            - name: http
              containerPort: 8080
          volumeMounts:
            - name: book
              mountPath: /var/log/book/
  volumeClaimTemplates:
    - metadata:
        name: book
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: keep
        resources:
          requests:
            storage: 64Mi
YAML
kubectl -n harbour rollout status statefulset book --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Ferdinand", "berth": 12}'
kubectl -n harbour delete pod book-0
kubectl -n harbour rollout status statefulset book --timeout=60s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings
# A second replica and its claim go again, and leave their volume.
kubectl -n harbour scale statefulset book --replicas=2
kubectl -n harbour rollout status statefulset book --timeout=120s
kubectl -n harbour scale statefulset book --replicas=1
kubectl -n harbour wait --for=delete pod book-1 --timeout=60s
kubectl -n harbour delete pvc book-book-1

# Redis with a hook that makes a follower of it as soon as it runs, before the pod is ready; and an update paused by its partition first.
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
    whenDeleted: Delete
    whenScaled: Retain
  selector:
    matchLabels:
      app: redis
  template:
    metadata:
      labels:
        app: redis
    spec:
      containers:
        - name: database
          image: harbour/redis:1.0
          lifecycle:
            postStart:
              exec:
                command:
                  - sh
                  - -c
                  - |
                    until redis-cli ping; do sleep 0.1; done
                    [ "$HOSTNAME" = redis-0 ] || redis-cli replicaof redis-0.redis.harbour.svc.cluster.local 6379
          volumeMounts:
            - name: everything
              mountPath: /data/
  volumeClaimTemplates:
    - metadata:
        name: everything
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 64Mi
YAML
kubectl -n harbour rollout status statefulset redis --timeout=180s
kubectl -n harbour patch statefulset redis --patch '{"spec": {"replicas": 1, "updateStrategy": {"rollingUpdate": {"partition": 2}}}}'
kubectl -n harbour wait --for=delete pod/redis-2 pod/redis-1 --timeout=120s
kubectl -n harbour scale statefulset redis --replicas=3
kubectl -n harbour rollout status statefulset redis --timeout=180s
kubectl -n harbour set image statefulset redis database=harbour/redis:1.1
kubectl -n harbour rollout status statefulset redis --timeout=120s
