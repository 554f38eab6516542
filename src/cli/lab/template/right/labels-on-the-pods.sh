# The other end is mended: the pods get the label that the Service asks for.
kubectl -n quay patch deployment crane --type=merge -p '{"spec": {"replicas": 2, "template": {"metadata": {"labels": {"shift": "night"}}}}}'
kubectl -n quay rollout status deployment crane --timeout=60s
