package main

import (
	"bytes"
	"context"
	"io"
	"time"
)

type tcpOptions struct {
	Host    string  `json:"host"`
	Port    uint16  `json:"port"`
	Send    string  `json:"send"`
	Read    int     `json:"read"`
	Until   *string `json:"until"`
	Timeout int     `json:"timeout"`
}

type tcpResult struct {
	Problem  *string `json:"problem"`
	Received []byte  `json:"received"`
}

const maxRead = 1 << 20

// probeTCP connects, sends, and reads until there is enough, the other side's end, or the end of its time.
func probeTCP(ctx context.Context, from *view, asked tcpOptions) (any, error) {
	if asked.Read < 0 || asked.Read > maxRead {
		return nil, &fault{"bad-request", "too much to read at once"}
	}
	ctx, cancel := context.WithTimeout(ctx, milliseconds(asked.Timeout))
	defer cancel()
	conn, err := from.connectByName(ctx, asked.Host, asked.Port)
	if err != nil {
		if ours := oursOf(err); ours != nil {
			return nil, ours
		}
		return tcpResult{Problem: problem(problemOf(err)), Received: []byte{}}, nil
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	received := []byte{}
	if asked.Send != "" {
		// A target that hangs up while it is written to may have said why: what it said is read all the same.
		_, _ = io.WriteString(conn, asked.Send)
	}
	chunk := make([]byte, 16*1024)
	for len(received) < asked.Read {
		size, err := conn.Read(chunk[:min(len(chunk), asked.Read-len(received))])
		received = append(received, chunk[:size]...)
		if err != nil || (asked.Until != nil && bytes.Contains(received, []byte(*asked.Until))) {
			break
		}
	}
	return tcpResult{Received: received}, nil
}
