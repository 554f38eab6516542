//go:build tools

// Package commands names what is built here, so that go.mod and go.sum hold exactly what this program needs.
package commands

import _ "github.com/rancher/local-path-provisioner"
