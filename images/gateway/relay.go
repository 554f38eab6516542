package main

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// afterHalfClose is how long a target may go on sending once the server has nothing more to say.
const afterHalfClose = time.Minute

// connect opens a TCP connection from the gateway's own container.
func connect(ctx context.Context, host, port string, timeout time.Duration) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// relay copies both ways and passes each side's end of stream on, so that a half-closed connection stays one.
func relay(client *net.TCPConn, fromClient io.Reader, target *net.TCPConn) {
	var both sync.WaitGroup
	both.Add(2)
	pass := func(to *net.TCPConn, from io.Reader) {
		defer both.Done()
		if _, err := io.Copy(to, from); err != nil {
			// One broken direction breaks the connection: wake the other.
			_, _ = client.Close(), target.Close()
			return
		}
		_ = to.CloseWrite()
	}
	go func() {
		pass(target, fromClient)
		_ = target.SetReadDeadline(time.Now().Add(afterHalfClose))
	}()
	go pass(client, target)
	both.Wait()
}
