package main

import (
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// view is a place that probes come from: its network, and how names resolve there.
type view struct {
	// network is nil for the program's own.
	network *os.File
	hosts   map[string][]netip.Addr
	resolv  resolvConf
}

func (v *view) close() {
	if v.network != nil {
		_ = v.network.Close()
	}
}

const maxConf = 256 * 1024

func viewOf(asked request, pods *census) (*view, error) {
	if asked.Place.Kind != "pod" {
		conf, _ := os.ReadFile("/etc/resolv.conf")
		hosts, _ := os.ReadFile("/etc/hosts")
		return &view{hosts: parseHosts(hosts), resolv: parseResolvConf(conf)}, nil
	}
	if pods == nil {
		return nil, &fault{"bad-request", "no pods are seen from here"}
	}
	sandbox, err := pods.pod(asked.Place.UID)
	if err != nil {
		return nil, err
	}
	network, err := sandbox.open("ns/net", os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	v := &view{network: network}
	root, err := sandbox.open("root", oPath|syscall.O_DIRECTORY)
	if err != nil {
		v.close()
		return nil, err
	}
	defer root.Close()
	// The runtime writes resolv.conf into the sandbox; the kubelet keeps the hosts file that its containers see.
	v.resolv = parseResolvConf(readWithin(root, "/etc/resolv.conf", maxConf).bytes())
	hosts := readFile("/var/lib/kubelet/pods/"+asked.Place.UID+"/etc-hosts", maxConf)
	if hosts.Problem != nil {
		hosts = readWithin(root, "/etc/hosts", maxConf)
	}
	v.hosts = parseHosts(hosts.bytes())
	return v, nil
}

// connectTo opens a connection to an address: a socket belongs for ever to the network its thread was in when it was made.
func (v *view) connectTo(ctx context.Context, protocol string, address netip.AddrPort) (net.Conn, error) {
	var conn net.Conn
	var err error
	dial := func() {
		conn, err = (&net.Dialer{FallbackDelay: -1, Timeout: maxProbe}).DialContext(ctx, protocol, address.String())
	}
	if v.network == nil {
		dial()
		return conn, err
	}
	if outside := inNetwork(v.network, dial); outside != nil {
		return nil, outside
	}
	return conn, err
}

// connectByName opens a TCP connection as a program there would: the addresses of the name in turn, sharing the time.
func (v *view) connectByName(ctx context.Context, host string, port uint16) (net.Conn, error) {
	addresses, err := v.addressesOf(ctx, host)
	if err != nil {
		return nil, err
	}
	var last error
	for at, address := range addresses {
		share, cancel := shareOf(ctx, len(addresses)-at)
		conn, err := v.connectTo(share, "tcp", netip.AddrPortFrom(address, port))
		cancel()
		if err == nil {
			return conn, nil
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

func shareOf(ctx context.Context, among int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || among < 2 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(among))
}

// home is the network that threads return to.
var home, homeErr = os.Open("/proc/self/ns/net")

// inNetwork runs a short piece of work on a thread that has entered a network. Its error means that it could not be entered.
func inNetwork(network *os.File, work func()) error {
	if homeErr != nil {
		return &fault{"failed", homeErr.Error()}
	}
	entered := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := setns(network); err != nil {
			runtime.UnlockOSThread()
			entered <- &fault{"failed", "the pod's network cannot be entered: " + err.Error()}
			return
		}
		work()
		// A thread that cannot go home stays locked and ends with this goroutine.
		if setns(home) == nil {
			runtime.UnlockOSThread()
		}
		entered <- nil
	}()
	return <-entered
}

func setns(network *os.File) error {
	const newNet = 0x40000000
	call, ok := map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH]
	if !ok {
		return syscall.ENOSYS
	}
	if _, _, errno := syscall.Syscall(call, network.Fd(), newNet, 0); errno != 0 {
		return errno
	}
	return nil
}

func portOf(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, &fault{"bad-request", text + " is not a port"}
	}
	return uint16(port), nil
}
