# Two copies are asked for, and the second one cannot start.
# fails: copies copies.ready
kubectl -n quay patch service crane --type=merge -p '{"spec": {"selector": {"shift": null}}}'
kubectl -n quay patch deployment crane --type=merge -p '{"spec": {"replicas": 2, "strategy": {"rollingUpdate": {"maxUnavailable": 1}}, "template": {"spec": {"containers": [{"name": "api", "image": "harbour/api:0.0", "imagePullPolicy": "Never"}]}}}}'
