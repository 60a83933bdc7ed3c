// SPDX-License-Identifier: MIT OR Apache-2.0

// A scriptable go-libp2p node for the interoperability tests: flags in,
// commands on stdin, one JSON object a line on stdout. The same command line
// and line protocol as `p2p node`, so that a test can swap one for the other.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

func main() {
	if os.Getenv("PEER_MAIN") == "article" {
		if err := runArticle(); err != nil {
			fatal(err)
		}
		return
	}
	started := time.Now()
	f, err := parseFlags(os.Args[1:])
	if err != nil {
		fatal(err)
	}
	out := newOutput(f.quiet)
	n, err := newNode(f, out)
	if err != nil {
		fatal(err)
	}
	out.line(fields{
		"type": "listening", "impl": "go", "peer": n.host.ID().String(),
		"addrs": n.addrs(), "pid": os.Getpid(),
		"ready_ms": float64(time.Since(started).Microseconds()) / 1000,
	})
	if f.maxSeconds > 0 {
		time.AfterFunc(time.Duration(f.maxSeconds)*time.Second, func() {
			os.Exit(0)
		})
	}
	if f.mdns {
		if err := n.startMdns(); err != nil {
			fatal(err)
		}
	}
	for _, ma := range f.connect {
		go func() {
			if _, err := n.dial(ma); err != nil {
				out.event(fields{"type": "dial-failed", "addr": ma,
					"error": err.Error()})
			}
		}()
	}
	n.serve(bufio.NewScanner(os.Stdin))
	// The peers see an orderly end, but a stuck one must not hold us.
	time.AfterFunc(2*time.Second, func() { os.Exit(0) })
	n.host.Close()
	os.Exit(0)
}

func fatal(err error) {
	newOutput(false).line(fields{"type": "fatal", "error": err.Error()})
	fmt.Fprintln(os.Stderr, "fatal:", err)
	os.Exit(1)
}
