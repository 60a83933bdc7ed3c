// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

var errUsage = errors.New("wrong arguments")

// serve runs commands in the order they come, until quit or end of input.
func (n *node) serve(in *bufio.Scanner) {
	in.Buffer(make([]byte, 64<<10), 4<<20)
	for in.Scan() {
		words := strings.Fields(in.Text())
		if len(words) == 0 {
			continue
		}
		f, err := n.run(words[0], words[1:], in.Text())
		if f == nil {
			f = fields{}
		}
		f["type"], f["cmd"], f["ok"] = "reply", words[0], err == nil
		if err != nil {
			f["error"] = err.Error()
		}
		n.out.line(f)
		if words[0] == "quit" {
			return
		}
	}
}

func arg(args []string, i int, fallback uint64) (uint64, error) {
	if i >= len(args) {
		return fallback, nil
	}
	return strconv.ParseUint(args[i], 10, 63)
}

func (n *node) run(cmd string, args []string, line string) (fields, error) {
	switch cmd {
	case "addrs":
		return fields{"addrs": n.addrs()}, nil
	case "peers":
		return n.peersFields(), nil
	case "stats":
		return n.statsFields(), nil
	case "quit":
		return nil, nil
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("unknown command, or no argument: %q", cmd)
	}
	if strings.HasPrefix(cmd, "dht") {
		return n.runDHT(cmd, args, line)
	}
	switch cmd {
	case "reserve":
		return nil, n.reserve(args[0])
	case "handle":
		n.host.SetStreamHandler(protocol.ID(args[0]), serveEcho)
		return nil, nil
	case "sub":
		return nil, n.pub.subscribe(args[0])
	case "unsub":
		return nil, n.pub.unsubscribe(args[0])
	case "mesh":
		return n.pub.meshFields(args[0]), nil
	case "pub":
		return nil, n.pub.publish(args[0], []byte(textAfter(line, 2)))
	case "flood":
		return n.runFlood(args)
	case "bench-conn":
		return n.runBenchConn(args)
	}
	return n.runPeer(cmd, args)
}

// textAfter returns the line behind its first words, spaces kept.
func textAfter(line string, words int) string {
	s := strings.TrimLeft(line, " ")
	for range words {
		_, s, _ = strings.Cut(s, " ")
		s = strings.TrimLeft(s, " ")
	}
	return s
}

func (n *node) runFlood(args []string) (fields, error) {
	if len(args) < 3 {
		return nil, errUsage
	}
	size, err1 := arg(args, 1, 0)
	count, err2 := arg(args, 2, 0)
	rate := 0.0
	var err3 error
	if len(args) > 3 {
		rate, err3 = strconv.ParseFloat(strings.TrimSuffix(args[3], "/s"), 64)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	return n.pub.flood(args[0], int(size), int(count), rate)
}

func (n *node) runBenchConn(args []string) (fields, error) {
	count, err1 := arg(args, 1, 200)
	par, err2 := arg(args, 2, 1)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return n.benchConn(args[0], int(count), int(par))
}

func (n *node) runPeer(cmd string, args []string) (fields, error) {
	if cmd == "disconnect" {
		p, err := peer.Decode(args[0])
		if err != nil {
			return nil, err
		}
		return nil, n.host.Network().ClosePeer(p)
	}
	p, err := n.peerOf(args[0])
	if err != nil {
		return nil, err
	}
	switch cmd {
	case "connect":
		f := fields{"peer": p.String()}
		if conns := n.host.Network().ConnsToPeer(p); len(conns) > 0 {
			f = connFields(conns[0])
		}
		return f, nil
	case "identify":
		return n.identify(p)
	case "ping":
		count, err := arg(args, 1, 1)
		if err != nil {
			return nil, err
		}
		return n.ping(p, int(count))
	case "echo":
		size, err := arg(args, 1, 1024)
		if err != nil {
			return nil, err
		}
		return n.echo(p, int(size))
	case "perf":
		up, err1 := arg(args, 1, 0)
		down, err2 := arg(args, 2, 0)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return n.perf(p, up, down)
	}
	return nil, fmt.Errorf("unknown command %q", cmd)
}

func (n *node) peersFields() fields {
	peers := []string{}
	for _, p := range n.host.Network().Peers() {
		peers = append(peers, p.String())
	}
	return fields{"peers": peers, "conns": len(n.host.Network().Conns())}
}

func (n *node) statsFields() fields {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	cpu := float64(ru.Utime.Sec+ru.Stime.Sec) +
		float64(ru.Utime.Usec+ru.Stime.Usec)/1e6
	g := n.pub
	return fields{
		"rss_kb": residentKB(), "cpu_s": cpu,
		"conns": len(n.host.Network().Conns()), "conns_in": n.connsIn.Load(),
		"conns_out": n.connsOut.Load(), "conns_closed": n.connsClosed.Load(),
		"published": g.published.Load(), "messages": g.received.Load(),
		"message_bytes": g.receivedBytes.Load(), "dropped": g.dropped.Load(),
		"rejected": g.rejected.Load(), "duplicates": g.duplicates.Load(),
		"idontwant": g.dontWantFields(),
	}
}

func residentKB() int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var total, resident int
	fmt.Sscan(string(b), &total, &resident)
	return resident * os.Getpagesize() / 1024
}
