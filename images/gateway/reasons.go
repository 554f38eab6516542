package main

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
)

// reason says in one word how a target refused, then in the system's words.
func reason(err error) string {
	return code(err) + " " + strings.ReplaceAll(err.Error(), "\n", " ")
}

func code(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "no-name"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return "refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "unreachable"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "unanswered"
	}
	return "failed"
}
