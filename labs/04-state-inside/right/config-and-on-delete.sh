# Another way for each task: a claim mounted further up, configuration files chosen by an init container, a Service for the
# primary alone, a data folder of its own, and an update that waits for pods to be deleted.
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
  labels:
    for: registers
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Retain
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: log
  namespace: harbour
spec:
  accessModes: [ReadWriteOncePod]
  storageClassName: keep
  resources:
    requests:
      storage: 32Mi
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: spare
  namespace: harbour
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: keep
  resources:
    requests:
      storage: 32Mi
---
apiVersion: batch/v1
kind: Job
metadata:
  name: touch
  namespace: harbour
spec:
  template:
    spec:
      restartPolicy: Never
      volumes:
        - name: spare
          persistentVolumeClaim:
            claimName: spare
      containers:
        - name: touch
          image: harbour/redis:1.0
          command: [touch, /spare/here]
          volumeMounts:
            - name: spare
              mountPath: /spare
YAML
kubectl -n harbour patch deployment logbook --patch '
spec:
  strategy:
    type: Recreate
    rollingUpdate: null
  template:
    spec:
      volumes:
        - name: log
          persistentVolumeClaim:
            claimName: log
      containers:
        - name: api
          env:
            - name: HARBOUR_BOOKINGS_FILE
              value: /srv/log/deep/down.json
          volumeMounts:
            - name: log
              mountPath: /srv/log'
kubectl -n harbour apply -f - <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: redis
spec:
  clusterIP: None
  selector:
    app: redis
---
apiVersion: v1
kind: Service
metadata:
  name: flagship
spec:
  selector:
    statefulset.kubernetes.io/pod-name: redis-0
  ports:
    - port: 6380
      targetPort: 6379
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: redis
data:
  all.conf: |
    dir /var/lib/redis
    save 60 1
    appendonly no
  follow.conf: |
    include /etc/redis/all.conf
    replicaof flagship 6380
---
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
      tier: store
  template:
    metadata:
      labels:
        app: redis
        tier: store
        ships: sail
    spec:
      terminationGracePeriodSeconds: 5
      initContainers:
        - name: choose
          image: harbour/redis:1.0
          env:
            - name: ORDINAL
              valueFrom:
                fieldRef:
                  fieldPath: metadata.labels['apps.kubernetes.io/pod-index']
          command: [sh, -c]
          args:
            - |
              if [ "$ORDINAL" = 0 ]; then chosen=all; else chosen=follow; fi
              cp /etc/redis/$chosen.conf /run/redis/redis.conf
          volumeMounts:
            - name: files
              mountPath: /etc/redis
            - name: run
              mountPath: /run/redis
      containers:
        - name: store
          image: harbour/redis:1.0
          args: [/run/redis/redis.conf]
          volumeMounts:
            - name: files
              mountPath: /etc/redis
            - name: run
              mountPath: /run/redis
            - name: cargo
              mountPath: /var/lib/redis
              subPath: redis
        - name: watch
          image: harbour/api:1.0
      volumes:
        - name: files
          configMap:
            name: redis
        - name: run
          emptyDir: {}
  volumeClaimTemplates:
    - metadata:
        name: cargo
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: keep
        resources:
          requests:
            storage: 16Mi
YAML
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Miranda", "berth": 7}'
kubectl -n harbour rollout restart deployment logbook
kubectl -n harbour rollout status deployment logbook --timeout=120s
kubectl -n harbour wait --for=condition=complete job/touch --timeout=120s
kubectl -n harbour delete job touch
kubectl -n harbour delete persistentvolumeclaim spare
until kubectl -n harbour wait --for=condition=ready pod/redis-2 --timeout=60s; do sleep 1; done
kubectl -n harbour scale statefulset redis --replicas=1
kubectl -n harbour wait --for=delete pod/redis-1 --timeout=120s
kubectl -n harbour scale statefulset redis --replicas=3
until kubectl -n harbour wait --for=condition=ready pod/redis-2 --timeout=60s; do sleep 1; done
kubectl -n harbour set image statefulset redis store=harbour/redis:1.1
kubectl -n harbour delete pod redis-2
until kubectl -n harbour wait --for=condition=ready pod/redis-2 --timeout=60s; do sleep 1; done
