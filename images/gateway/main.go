// Command gateway is the way from Slipway's server into a lab.
//
//	gateway serve            in its own container on the lab's network, behind one published port
//	gateway dial HOST PORT   one connection on stdin and stdout, run in a pod's network namespace
//	gateway resolve NAME     the addresses of a name, seen from where it runs
//
// All three answer with one line first: "OK …", or "ERR code detail" with a code of reasons.go.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "serve":
		secret := os.Getenv("SLIPWAY_GATEWAY_SECRET")
		if len(secret) < 32 {
			fmt.Fprintln(os.Stderr, "SLIPWAY_GATEWAY_SECRET must hold at least 32 characters")
			os.Exit(2)
		}
		if err := serve(ctx, ":7000", secret); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(args) == 3 && args[0] == "dial":
		if !overStdio(ctx, args[1], args[2]) {
			os.Exit(1)
		}
	case len(args) == 2 && args[0] == "resolve":
		line, ok := resolve(ctx, args[1])
		fmt.Println(line)
		if !ok {
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: gateway serve | dial HOST PORT | resolve NAME")
		os.Exit(2)
	}
}

// afterHalfClose is how long a target may go on sending once the server has nothing more to say.
const afterHalfClose = time.Minute

// connectTimeout is how long a target may take to accept, from the environment in milliseconds.
func connectTimeout() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("SLIPWAY_CONNECT_TIMEOUT") + "ms"); err == nil && d > 0 && d <= time.Minute {
		return d
	}
	return 2 * time.Second
}

// connect opens a TCP connection as this network namespace and its resolv.conf would.
func connect(ctx context.Context, host, port string, timeout time.Duration) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

func resolve(ctx context.Context, name string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return "ERR " + reason(err), false
	}
	return strings.Join(append([]string{"OK"}, addresses...), " "), true
}

// overStdio relays one connection, telling the far side of each end of stream as it comes.
func overStdio(ctx context.Context, host, port string) bool {
	conn, err := connect(ctx, host, port, connectTimeout())
	if err != nil {
		fmt.Println("ERR " + reason(err))
		return false
	}
	defer conn.Close()
	fmt.Println("OK")
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(afterHalfClose))
	}()
	_, _ = io.Copy(os.Stdout, conn)
	return true
}
