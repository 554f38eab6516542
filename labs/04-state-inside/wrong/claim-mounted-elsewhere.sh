# A claim is mounted, but not where the bookings are.
# fails: claim claim.volume.not-a-claim
# not-done: class
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
              mountPath: /srv/harbour-data'
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Ariel", "berth": 3}'
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s
