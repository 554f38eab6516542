package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	maxConnections = 256
	maxLine        = 1024
	greeting       = 5 * time.Second
)

// serve answers connections until ctx ends. Their first line is "SECRET dial HOST PORT MILLISECONDS" for a connection, or
// "SECRET agent" for probes from the lab's network; its answer "OK", or "ERR code detail" with a code of reasons.go.
func serve(ctx context.Context, address, secret string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	slots := make(chan struct{}, maxConnections)
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// Out of descriptors, most likely: the listener itself is sound.
			time.Sleep(50 * time.Millisecond)
			continue
		}
		select {
		case slots <- struct{}{}:
			go func() {
				defer func() { <-slots }()
				answer(ctx, conn.(*net.TCPConn), secret)
			}()
		default:
			_, _ = io.WriteString(conn, "ERR busy too many connections\n")
			_ = conn.Close()
		}
	}
}

func answer(ctx context.Context, client *net.TCPConn, secret string) {
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(greeting))
	reader := bufio.NewReaderSize(client, maxLine)
	line, err := reader.ReadSlice('\n')
	if err != nil {
		_, _ = io.WriteString(client, "ERR bad-request the first line did not come, or is too long\n")
		return
	}
	words := strings.Fields(string(line))
	if len(words) == 0 || !same(words[0], secret) {
		_, _ = io.WriteString(client, "ERR denied wrong secret\n")
		return
	}
	_ = client.SetDeadline(time.Time{})
	switch request := words[1:]; {
	case len(request) == 1 && request[0] == "agent":
		if _, err := io.WriteString(client, "OK\n"); err == nil {
			speak(ctx, reader, client, nil)
		}
	case len(request) == 4 && request[0] == "dial":
		milliseconds, err := strconv.Atoi(request[3])
		if err != nil || milliseconds < 1 || milliseconds > 60_000 {
			_, _ = io.WriteString(client, "ERR bad-request the time limit must be 1 to 60000 ms\n")
			return
		}
		target, err := connect(ctx, request[1], request[2], time.Duration(milliseconds)*time.Millisecond)
		if err != nil {
			_, _ = fmt.Fprintf(client, "ERR %s\n", reason(err))
			return
		}
		defer target.Close()
		if _, err := io.WriteString(client, "OK\n"); err != nil {
			return
		}
		relay(client, reader, target)
	default:
		_, _ = io.WriteString(client, "ERR bad-request use dial HOST PORT MILLISECONDS, or agent\n")
	}
}

// same compares without telling by its time how much of the secret was right.
func same(given, secret string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
