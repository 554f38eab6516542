package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	maxProbes  = 64
	maxRequest = 1 << 20
	// maxProbe bounds every probe whatever it asks for: its client has stopped waiting by then.
	maxProbe = 10 * time.Second
	// maxIdle ends an agent whose client is gone without a word: a living one closes much earlier.
	maxIdle = 10 * time.Minute
)

type request struct {
	ID    int64 `json:"id"`
	Place struct {
		Kind string `json:"kind"`
		UID  string `json:"uid"`
	} `json:"place"`
	Probe json.RawMessage `json:"probe"`
}

type reply struct {
	ID     int64  `json:"id"`
	Result any    `json:"result,omitempty"`
	Error  *fault `json:"error,omitempty"`
}

// fault says that we could not try. What a target does is a result, never a fault.
type fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f *fault) Error() string { return f.Code + ": " + f.Message }

func faultOf(err error) *fault {
	var known *fault
	if errors.As(err, &known) {
		return known
	}
	return &fault{"failed", err.Error()}
}

// speak answers each line of in, a request, with a line of out, in the order they are done, until in ends.
// Without a census there are no pods: probes come from where the program runs.
func speak(ctx context.Context, in *bufio.Reader, out io.Writer, pods *census) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(maxIdle, cancel)
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(make([]byte, 64*1024), maxRequest)
		for scanner.Scan() {
			select {
			case lines <- append([]byte(nil), scanner.Bytes()...):
			case <-ctx.Done():
				return
			}
		}
	}()
	var writing sync.Mutex
	answer := func(r reply) {
		line, err := lineOf(r)
		if err != nil {
			line, _ = lineOf(reply{ID: r.ID, Error: faultOf(err)})
		}
		writing.Lock()
		defer writing.Unlock()
		if _, err := out.Write(line); err != nil {
			cancel()
		}
	}
	slots := make(chan struct{}, maxProbes)
	for {
		select {
		case <-ctx.Done():
			return
		case line, more := <-lines:
			if !more {
				return
			}
			idle.Reset(maxIdle)
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			go func() {
				defer func() { <-slots }()
				answer(attempt(ctx, line, pods))
			}()
		}
	}
}

// lineOf writes a reply as JSON and nothing longer than that: signs that only HTML minds stay one byte.
func lineOf(r reply) ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(r)
	return line.Bytes(), err
}

// attempt makes one probe. A probe that does not heed its time is left behind, and said so.
func attempt(ctx context.Context, line []byte, pods *census) reply {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return reply{Error: &fault{"bad-request", err.Error()}}
	}
	ctx, cancel := context.WithTimeout(ctx, maxProbe)
	defer cancel()
	done := make(chan reply, 1)
	go func() {
		result, err := probe(ctx, asked, pods)
		if err != nil {
			done <- reply{ID: asked.ID, Error: faultOf(err)}
			return
		}
		done <- reply{ID: asked.ID, Result: result}
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
		return reply{ID: asked.ID, Error: &fault{"failed", "the probe took too long"}}
	}
}

func probe(ctx context.Context, asked request, pods *census) (any, error) {
	var op struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(asked.Probe, &op); err != nil {
		return nil, &fault{"bad-request", err.Error()}
	}
	switch op.Op {
	case "files":
		return inContainer(asked, pods, probeFiles)
	case "environ":
		return inContainer(asked, pods, probeEnviron)
	}
	from, err := viewOf(asked, pods)
	if err != nil {
		return nil, err
	}
	defer from.close()
	switch op.Op {
	case "http":
		return withOptions(ctx, asked.Probe, from, probeHTTP)
	case "tcp":
		return withOptions(ctx, asked.Probe, from, probeTCP)
	case "dns":
		return withOptions(ctx, asked.Probe, from, probeDNS)
	}
	return nil, &fault{"bad-request", "no probe is called " + op.Op}
}

func withOptions[Options any](ctx context.Context, probe json.RawMessage, from *view, run func(context.Context, *view, Options) (any, error)) (any, error) {
	var options Options
	if err := json.Unmarshal(probe, &options); err != nil {
		return nil, &fault{"bad-request", err.Error()}
	}
	return run(ctx, from, options)
}

func inContainer[Options contained](asked request, pods *census, run func(process, Options) (any, error)) (any, error) {
	var options Options
	if err := json.Unmarshal(asked.Probe, &options); err != nil {
		return nil, &fault{"bad-request", err.Error()}
	}
	if pods == nil || asked.Place.Kind != "pod" {
		return nil, &fault{"bad-request", "only a pod has containers"}
	}
	first, err := pods.container(asked.Place.UID, options.container())
	if err != nil {
		return nil, err
	}
	return run(first, options)
}

func milliseconds(given int) time.Duration {
	return min(max(time.Duration(given)*time.Millisecond, time.Millisecond), maxProbe)
}
