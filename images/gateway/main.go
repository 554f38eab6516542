// Command gateway is the way from Slipway's server into a lab.
//
//	gateway serve   in its own container on the lab's network, behind one published port
//	gateway agent   in a node: looks from the node and from its pods, asked and answering on stdin and stdout
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	mode := ""
	if len(os.Args) == 2 {
		mode = os.Args[1]
	}
	switch mode {
	case "serve":
		secret := os.Getenv("SLIPWAY_GATEWAY_SECRET")
		if len(secret) < 32 {
			fmt.Fprintln(os.Stderr, "SLIPWAY_GATEWAY_SECRET must hold at least 32 characters")
			os.Exit(2)
		}
		if err := serve(ctx, ":7000", secret); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "agent":
		fmt.Println("OK")
		speak(ctx, bufio.NewReader(os.Stdin), os.Stdout, newCensus("/proc"))
	default:
		fmt.Fprintln(os.Stderr, "usage: gateway serve | agent")
		os.Exit(2)
	}
}
