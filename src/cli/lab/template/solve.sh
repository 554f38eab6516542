# The reference answer, typed into a fresh lab's shell section by section.

#: task answers
kubectl -n quay patch service crane --type=merge -p '{"spec": {"selector": {"shift": null}}}'

#: task copies
kubectl -n quay scale deployment crane --replicas=2
kubectl -n quay rollout status deployment crane --timeout=60s
