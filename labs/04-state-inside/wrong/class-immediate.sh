# Binds before a pod is there to say on which node.
# fails: class class.binding.not-at-first-use
# not-done: claim
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: Immediate
reclaimPolicy: Retain
YAML
