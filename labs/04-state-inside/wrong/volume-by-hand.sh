# A volume and its claim, written by hand with all the notes of a real one: the provisioner has made nothing. And a logbook that
# begins each time with the same bookings, put on its claim by an init container.
# fails: class class.volume.by-hand
# fails: claim claim.entry.none
# not-done: stateful-set
# not-done: replicas-differ scale-and-back rollout
kubectl apply -f - <<YAML
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: keep
provisioner: $(kubectl get storageclass standard -o jsonpath='{.provisioner}')
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Retain
YAML
provisioner=$(kubectl get storageclass keep -o jsonpath='{.provisioner}')
kubectl apply -f - <<YAML
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
YAML
kubectl apply -f - <<YAML
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-$(kubectl get pvc trial -o jsonpath='{.metadata.uid}')
  annotations:
    pv.kubernetes.io/provisioned-by: $provisioner
spec:
  storageClassName: keep
  persistentVolumeReclaimPolicy: Retain
  accessModes: [ReadWriteOnce]
  capacity:
    storage: 16Mi
  claimRef:
    namespace: default
    name: trial
    uid: $(kubectl get pvc trial -o jsonpath='{.metadata.uid}')
  hostPath:
    path: /var/tmp
YAML
kubectl wait --for=jsonpath='{.status.phase}'=Bound pvc/trial --timeout=60s
kubectl annotate pvc trial volume.kubernetes.io/selected-node=worker volume.kubernetes.io/storage-provisioner=$provisioner --overwrite
kubectl delete pvc trial
kubectl -n harbour apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: bookings
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 16Mi
YAML
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          persistentVolumeClaim:
            claimName: bookings
      initContainers:
        - name: remember
          image: harbour/api:1.0
          command: [sh, -c]
          args:
            - >-
              echo "[{\"id\": \"1\", \"ship\": \"Ariel\", \"berth\": 3, \"at\": \"2026-01-01T00:00:00+00:00\"},
              {\"id\": \"2\", \"ship\": \"Caliban\", \"berth\": 4, \"at\": \"2036-01-01T00:00:00+00:00\"}]" > /srv/harbour/bookings.json
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour
      containers:
        - name: api
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour'
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s
