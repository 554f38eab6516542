# A volume that wears the class's name, made by hand: the class itself has made nothing.
# fails: class class.volume.by-hand
# not-done: claim
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
kind: PersistentVolume
metadata:
  name: by-hand
spec:
  storageClassName: keep
  persistentVolumeReclaimPolicy: Retain
  accessModes: [ReadWriteOnce]
  capacity:
    storage: 16Mi
  hostPath:
    path: /var/tmp
YAML
