package main

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
)

// reason says in one word how a target refused a connection, then in the system's words.
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
	case isUnreachable(err):
		return "unreachable"
	case isOverdue(err):
		return "unanswered"
	}
	return "failed"
}

// problemOf says what a target did instead of answering, as a probe tells it.
func problemOf(err error) string {
	var name *nameFailure
	switch {
	case errors.As(err, &name):
		// To a connection it is all one how a name server fails, unless it says nothing at all.
		if name.problem != "timeout" {
			return "no-name"
		}
		return name.problem
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case isUnreachable(err):
		return "unreachable"
	case isOverdue(err):
		return "timeout"
	}
	return "broken"
}

// oursOf tells a failure of this host (no descriptor, no thread, no port left) from what a target did.
func oursOf(err error) *fault {
	var known *fault
	if errors.As(err, &known) {
		return known
	}
	for _, errno := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, errno) {
			return &fault{"failed", err.Error()}
		}
	}
	return nil
}

func isUnreachable(err error) bool {
	for _, errno := range []error{
		syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN, syscall.EACCES, syscall.EPERM,
		syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EINVAL,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

func isOverdue(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled) || errors.Is(err, syscall.ETIMEDOUT)
}
