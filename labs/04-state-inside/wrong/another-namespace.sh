# All as it should be, in a namespace beside; here, only an object of a kind that shares its name with a StatefulSet.
# fails: stateful-set redis.absent
# not-done: claim class
# not-done: replicas-differ scale-and-back rollout
kubectl create namespace harbour-two
kubectl apply -f - <<'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: statefulsets.apps.example.org
spec:
  group: apps.example.org
  scope: Namespaced
  names:
    kind: StatefulSet
    plural: statefulsets
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          x-kubernetes-preserve-unknown-fields: true
YAML
kubectl wait --for=condition=established crd/statefulsets.apps.example.org --timeout=30s
kubectl -n harbour-two create service clusterip redis --clusterip=None --tcp=6379
kubectl -n harbour-two apply -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
spec:
  serviceName: redis
  replicas: 3
  selector:
    matchLabels:
      app: redis
  template:
    metadata:
      labels:
        app: redis
    spec:
      containers:
        - name: redis
          image: harbour/redis:1.0
          volumeMounts:
            - name: data
              mountPath: /data
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 16Mi
YAML
kubectl -n harbour apply -f - <<'YAML'
apiVersion: apps.example.org/v1
kind: StatefulSet
metadata:
  name: redis
spec:
  serviceName: redis
  replicas: 3
  selector:
    matchLabels:
      app: redis
  template:
    metadata:
      labels:
        app: redis
    spec:
      containers:
        - name: redis
          image: harbour/redis:1.0
YAML
kubectl -n harbour-two create deployment logbook --image=harbour/api:1.0
kubectl -n harbour-two rollout status statefulset redis --timeout=150s
