// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// benchConn connects count times, one connection after another from each of
// par hosts of their own: dialed, secured, identified (host.Connect waits for
// that), then closed.
func (n *node) benchConn(ma string, count, par int) (fields, error) {
	info, err := peer.AddrInfoFromString(ma)
	if err != nil {
		return nil, err
	}
	hosts := make([]host.Host, par)
	for i := range hosts {
		if hosts[i], err = n.bareHost(); err != nil {
			return nil, err
		}
		defer hosts[i].Close()
	}
	turns := make(chan struct{}, count)
	for range count {
		turns <- struct{}{}
	}
	close(turns)
	errs := make([]error, par)
	start := time.Now()
	var all sync.WaitGroup
	for i, h := range hosts {
		all.Add(1)
		go func() {
			defer all.Done()
			for range turns {
				if errs[i] = connectOnce(h, *info); errs[i] != nil {
					return
				}
			}
		}()
	}
	all.Wait()
	return fields{"n": count, "s": time.Since(start).Seconds()},
		errors.Join(errs...)
}

// bareHost is a host that does not listen, with a key of its own.
func (n *node) bareHost() (host.Host, error) {
	f := *n.flags
	f.listen, f.keyFile, f.seeded = nil, "", false
	opts, err := options(&f, n.out)
	if err != nil {
		return nil, err
	}
	return libp2p.New(opts...)
}

func connectOnce(h host.Host, info peer.AddrInfo) error {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	ctx = network.WithForceDirectDial(ctx, "bench")
	if err := h.Connect(ctx, info); err != nil {
		return err
	}
	return h.Network().ClosePeer(info.ID)
}
