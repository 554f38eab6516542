# An emptyDir outlives a container, but not its pod.
# fails: claim claim.volume.not-a-claim
# not-done: class
kubectl -n harbour patch deployment logbook --patch '
spec:
  template:
    spec:
      volumes:
        - name: bookings
          emptyDir: {}
      containers:
        - name: api
          volumeMounts:
            - name: bookings
              mountPath: /srv/harbour'
kubectl -n harbour rollout status deployment logbook --timeout=120s
curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://control-plane:30080/bookings -d '{"ship": "Ariel", "berth": 3}'
kubectl -n harbour delete pod -l app=logbook
kubectl -n harbour rollout status deployment logbook --timeout=60s
