# A third way: two logbooks on one claim, a class that a passing StatefulSet tries out, a start script from a ConfigMap with
# followers that announce themselves by name, and an update through a second apply of the whole manifest.
provisioner=$(kubectl get storageclass standard -o jsonpath='{.provisioner}')
kubectl create -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $provisioner
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Retain
allowVolumeExpansion: true
YAML
kubectl create -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: passing
spec:
  serviceName: nobody
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Delete
  selector:
    matchLabels:
      is: passing
  template:
    metadata:
      labels:
        is: passing
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: guest
          image: harbour/redis:1.0
          volumeMounts:
            - name: room
              mountPath: /data
  volumeClaimTemplates:
    - metadata:
        name: room
      spec:
        storageClassName: keep
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 8Mi
YAML
kubectl -n harbour create -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ledger
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  volumeName: ledger
  resources:
    requests:
      storage: 8Mi
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: ledger
spec:
  accessModes: [ReadWriteMany]
  capacity:
    storage: 8Mi
  persistentVolumeReclaimPolicy: Retain
  hostPath:
    path: /tmp
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions:
            - key: kubernetes.io/hostname
              operator: In
              values: [worker]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: start
data:
  start.sh: |
    #!/bin/sh
    ordinal=${HOSTNAME##*-}
    mkdir -p /data/db
    set -- --dir /data/db --replica-announce-ip "$HOSTNAME.redis.harbour.svc.cluster.local"
    if [ "$ordinal" -gt 0 ]; then
      set -- "$@" --replicaof redis-0.redis.harbour.svc 6379
    fi
    exec redis-server "$@"
---
apiVersion: v1
kind: Service
metadata:
  name: redis
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    app: redis
  ports:
    - port: 6379
YAML
cat >redis.yaml <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
  namespace: harbour
spec:
  serviceName: redis
  replicas: 3
  podManagementPolicy: OrderedReady
  updateStrategy:
    type: RollingUpdate
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
      securityContext:
        runAsNonRoot: true
        fsGroup: 1000
      containers:
        - name: redis
          image: harbour/redis:1.0
          command: [/start/start.sh]
          readinessProbe:
            exec:
              command: [redis-cli, ping]
            periodSeconds: 1
          volumeMounts:
            - name: start
              mountPath: /start
            - name: one
              mountPath: /data
            - name: two
              mountPath: /backup
      volumes:
        - name: start
          configMap:
            name: start
            defaultMode: 0755
  volumeClaimTemplates:
    - metadata:
        name: one
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 8Mi
    - metadata:
        name: two
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 8Mi
YAML
kubectl apply -f redis.yaml
# Whoever still runs would take a booking into a file that goes with it.
kubectl -n harbour scale deployment logbook --replicas=0
kubectl -n harbour wait --for=delete pod -l app=logbook --timeout=60s
kubectl -n harbour patch deployment logbook --patch '
spec:
  replicas: 2
  template:
    metadata:
      annotations:
        note: two of a kind
    spec:
      volumes:
        - name: ledger
          persistentVolumeClaim:
            claimName: ledger
      containers:
        - name: api
          env:
            - name: HARBOUR_BOOKINGS_FILE
              value: /ledger/bookings.json
          volumeMounts:
            - name: ledger
              mountPath: /ledger'
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Prospero", "berth": 1}'
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=120s
kubectl rollout status statefulset passing --timeout=120s
kubectl delete statefulset passing
kubectl wait --for=delete pvc/room-passing-0 --timeout=60s
kubectl -n harbour rollout status statefulset redis --timeout=180s
sed -i 's/replicas: 3/replicas: 1/' redis.yaml
kubectl apply -f redis.yaml
kubectl -n harbour wait --for=delete pod/redis-2 pod/redis-1 --timeout=120s
sed -i 's/replicas: 1/replicas: 3/' redis.yaml
kubectl apply -f redis.yaml
kubectl -n harbour rollout status statefulset redis --timeout=180s
sed -i 's/redis:1.0/redis:1.1/' redis.yaml
kubectl apply -f redis.yaml
kubectl -n harbour rollout status statefulset redis --timeout=120s
