# Made at first use, but thrown away with its claim. And three Redis that all start at once.
# fails: class class.reclaim.not-retained
# fails: stateful-set set.start.at-once
# not-done: claim
# not-done: replicas-differ scale-and-back rollout
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
YAML
kubectl -n harbour create service clusterip redis --clusterip=None --tcp=6379
kubectl -n harbour apply -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
spec:
  serviceName: redis
  replicas: 3
  podManagementPolicy: Parallel
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
kubectl apply -f - <<'YAML'
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
kubectl -n harbour rollout status statefulset redis --timeout=150s
