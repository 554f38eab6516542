# A pod that is no crane answers in its place.
# fails: answers answers.stranger
# not-done: copies
kubectl -n quay run impostor --image=harbour/api:1.0 --labels=app=impostor
kubectl -n quay wait --for=condition=Ready pod/impostor --timeout=60s
kubectl -n quay patch service crane --type=merge -p '{"spec": {"selector": {"app": "impostor", "shift": null}}}'
