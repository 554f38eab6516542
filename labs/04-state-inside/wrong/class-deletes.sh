# Made at first use, but thrown away with its claim.
# fails: class class.reclaim.not-retained
# not-done: claim
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
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
