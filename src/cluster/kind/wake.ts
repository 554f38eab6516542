import { captured } from './clone.ts';
import { ours } from './control-plane.ts';
import type { NodeFile } from './pki.ts';
import { unheard } from './quiesce.ts';

const unit = 'slipway-wake.service';
const units = '/etc/systemd/system';

/**
 * A unit that conducts the first boot of a node made from a capture, and then takes itself away: all parts begin at once, and whoever
 * would be refused (and then wait, longer each time, before it asks again) is held until what it asks is there.
 */
export function wakeFiles(node: { hostname: string }, plane: { hostname: string }): NodeFile[] {
  const isPlane = node.hostname === plane.hostname;
  const described = `[Unit]
Description=first boot from a capture
DefaultDependencies=no
[Service]
ExecStart=/bin/bash ${ours}/wake ${plane.hostname} ${isPlane ? 'control-plane' : 'worker'}
`;
  return [
    { path: `${ours}/wake`, content: conductor, mode: 0o755 },
    { path: `${units}/${unit}`, content: described, mode: 0o644 },
    { path: `${units}/multi-user.target.wants/${unit}`, content: '', mode: 0o777, link: `${units}/${unit}` },
  ];
}

/** Without a fork in its loops: it runs beside what it waits for. */
const conductor = `#!/bin/bash
plane=$1 role=$2
exec {never}<> <(:)
nap() { read -r -t "$1" -u "$never" || true; }
listens() { (: < "/dev/tcp/$1/$2") 2> /dev/null; }
declare -A held found
hold() { [[ -n \${held[$1]:-} ]] || { kill -STOP "\${found[$1]}" && held[$1]=1; }; }
let_go() { for name in "$@"; do [[ -z \${held[$name]:-} ]] || kill -CONT "\${found[$name]}"; unset "held[$name]"; done; }
trap 'let_go "\${!held[@]}"' EXIT
look() {
  local file name
  for file in /proc/[0-9]*/comm; do
    { read -r name < "$file"; } 2> /dev/null || continue
    case $name in kubelet | etcd | kube-apiserver | kube-controller | kube-scheduler) file=\${file#/proc/} found[$name]=\${file%/comm} ;; esac
  done
}
ask() {
  curl --silent --fail --noproxy '*' --max-time 1 --cacert /etc/kubernetes/pki/ca.crt \\
    --cert /var/lib/kubelet/pki/kubelet-client-current.pem "https://$plane:6443/api/v1/nodes/$HOSTNAME"
}
heard() { local node; node=$(ask) && [[ $node != *${unheard}* ]]; }
etcd=
while ((SECONDS < 30)); do
  look
  if [[ $role == worker ]]; then
    [[ -n \${found[kubelet]:-} ]] && listens 127.0.0.1 10248 && hold kubelet && break
  else
    [[ -n $etcd ]] || { listens 127.0.0.1 2379 && etcd=1 && let_go kube-apiserver; }
    [[ -n $etcd || -z \${found[kube-apiserver]:-} ]] || hold kube-apiserver
    for name in kube-controller kube-scheduler; do [[ -z \${found[$name]:-} ]] || hold $name; done
    [[ -n $etcd && -n \${found[kube-apiserver]:-} && -n \${held[kube-controller]:-} && -n \${held[kube-scheduler]:-} ]] && hold kubelet && break
  fi
  nap 0.02
done
until ask > /dev/null || ((SECONDS > 60)); do nap 0.04; done
# First the kubelet, whose word everybody waits for.
let_go kubelet
for try in {1..10}; do heard && break || nap 0.1; done
let_go "\${!held[@]}"
nap 3
cp -an ${captured}/static/. /var/
rm -f ${units}/${unit} ${units}/multi-user.target.wants/${unit}
`;
