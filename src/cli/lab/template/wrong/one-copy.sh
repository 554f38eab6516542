# Only the Service is mended.
# fails: copies copies.asked
kubectl -n quay patch service crane --type=merge -p '{"spec": {"selector": {"shift": null}}}'
