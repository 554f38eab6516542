//go:build tools

// Package commands names what is built here, so that go.mod and go.sum hold exactly what these programs need.
package commands

import (
	_ "go.etcd.io/etcd/etcdctl/v3"
	_ "go.etcd.io/etcd/etcdutl/v3"
	_ "go.etcd.io/etcd/server/v3"
)
