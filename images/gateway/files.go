package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
)

// contained is a probe of one container of a pod.
type contained interface{ container() string }

type filesOptions struct {
	Container string   `json:"container"`
	Paths     []string `json:"paths"`
	MaxBytes  int64    `json:"maxBytes"`
}

func (o filesOptions) container() string { return o.Container }

const (
	maxFiles     = 100
	maxFileBytes = 4 << 20
)

// probeFiles reads files as the container's first process sees them.
func probeFiles(first process, asked filesOptions) (any, error) {
	if len(asked.Paths) > maxFiles || asked.MaxBytes*int64(len(asked.Paths)) > maxFileBytes {
		return nil, &fault{"bad-request", "too much to read at once"}
	}
	root, err := first.open("root", oPath|syscall.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	files := map[string]found{}
	for _, path := range asked.Paths {
		files[path] = readWithin(root, path, asked.MaxBytes)
	}
	// What was seen while the container ended may be the ruin of it.
	if !first.lives() {
		return nil, &fault{"no-pod", "the container ended meanwhile"}
	}
	return files, nil
}

type environOptions struct {
	Container string   `json:"container"`
	Names     []string `json:"names"`
}

func (o environOptions) container() string { return o.Container }

const maxEnviron = 2 << 20

// probeEnviron reads variables that the container's first process was started with; those it lacks are left out.
func probeEnviron(first process, asked environOptions) (any, error) {
	file, err := first.open("environ", os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxEnviron))
	if err != nil {
		return nil, err
	}
	if !first.lives() {
		return nil, &fault{"no-pod", "the container ended meanwhile"}
	}
	values := map[string][]byte{}
	for _, line := range bytes.Split(content, []byte{0}) {
		name, value, ok := strings.Cut(string(line), "=")
		if _, twice := values[name]; ok && !twice {
			for _, wanted := range asked.Names {
				if wanted == name {
					values[name] = []byte(value)
				}
			}
		}
	}
	return values, nil
}
