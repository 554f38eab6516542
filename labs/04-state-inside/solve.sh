# The reference answer, typed into a fresh lab's shell section by section.

#: task claim
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: bookings
  namespace: harbour
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 64Mi
YAML
# The old pod goes first, so that no booking lands in its file.
kubectl -n harbour scale deployment logbook --replicas=0
kubectl -n harbour wait --for=delete pod -l app=logbook --timeout=60s
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          persistentVolumeClaim:
            claimName: bookings
      containers:
        - name: api
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour'
kubectl -n harbour scale deployment logbook --replicas=1
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Ariel", "berth": 3}'
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s

#: task class
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Retain
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: trial
spec:
  storageClassName: keep
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 16Mi
---
apiVersion: v1
kind: Pod
metadata:
  name: trial
spec:
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: trial
  containers:
    - name: trial
      image: harbour/api:1.0
      volumeMounts:
        - name: data
          mountPath: /data
YAML
kubectl wait --for=jsonpath='{.status.phase}'=Bound pvc/trial --timeout=120s
kubectl delete pod trial --now
kubectl delete pvc trial

#: task stateful-set
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: redis
  namespace: harbour
spec:
  clusterIP: None
  selector:
    app: redis
  ports:
    - name: redis
      port: 6379
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
  namespace: harbour
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
          ports:
            - name: redis
              containerPort: 6379
          readinessProbe:
            tcpSocket:
              port: redis
            periodSeconds: 1
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
            storage: 64Mi
YAML
kubectl -n harbour rollout status statefulset redis --timeout=180s

#: task replicas-differ
kubectl -n harbour patch statefulset redis --patch '
spec:
  template:
    spec:
      containers:
        - name: redis
          command:
            - sh
            - -c
            - |
              case $(hostname) in
                *-0) exec redis-server ;;
                *) exec redis-server --replicaof redis-0.redis 6379 ;;
              esac'
kubectl -n harbour rollout status statefulset redis --timeout=180s
kubectl -n harbour delete pod redis-2
kubectl -n harbour rollout status statefulset redis --timeout=60s

#: task scale-and-back
kubectl -n harbour scale statefulset redis --replicas=1
kubectl -n harbour wait --for=delete pod/redis-2 pod/redis-1 --timeout=120s
kubectl -n harbour get persistentvolumeclaims
kubectl -n harbour scale statefulset redis --replicas=3
kubectl -n harbour rollout status statefulset redis --timeout=120s

#: task rollout
kubectl -n harbour patch statefulset redis --patch '
spec:
  updateStrategy:
    rollingUpdate:
      partition: 2
  template:
    spec:
      containers:
        - name: redis
          image: harbour/redis:1.1'
kubectl -n harbour rollout status statefulset redis --timeout=120s
