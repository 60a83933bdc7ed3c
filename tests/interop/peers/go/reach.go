// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/observedaddrs"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// reachOptions are AutoNAT v1 and hole punching; v2 is startAutoNATv2.
func reachOptions(f *flags, out *output) []libp2p.Option {
	var opts []libp2p.Option
	if f.autonat {
		// It asks about addresses that four have seen; one is enough here.
		observedaddrs.ActivationThresh = 1
		opts = append(opts, libp2p.EnableNATService(),
			libp2p.AutoNATServiceRateLimit(0, 1000, time.Minute))
	}
	if f.holepunch {
		opts = append(opts, libp2p.EnableHolePunching(
			holepunch.WithTracer(punches{out})))
	}
	return opts
}

// punches tells how attempts end.
type punches struct{ out *output }

func (p punches) Trace(e *holepunch.Event) {
	f := fields{"type": "holepunch", "peer": e.Remote.String(), "error": nil}
	switch v := e.Evt.(type) {
	case *holepunch.DirectDialEvt:
		if !v.Success {
			return // what comes next is a punch
		}
		f["ok"], f["how"] = true, "dial"
	case *holepunch.EndHolePunchEvt:
		f["ok"], f["how"] = v.Success, "punch"
		if !v.Success {
			f["error"] = v.Error
		}
	case *holepunch.ProtocolErrorEvt:
		f["ok"], f["how"], f["error"] = false, "punch", v.Error
	default:
		return
	}
	p.out.event(f)
}

// tellReadyToPunch: nobody is punched before somebody has said at which public
// address he sees us.
func (n *node) tellReadyToPunch() {
	n.await(holepunch.Protocol)
	n.out.event(fields{"type": "holepunch-ready"})
}

// watchReachability reports what AutoNAT v1 finds.
func (n *node) watchReachability() error {
	sub, err := n.host.EventBus().Subscribe(
		new(event.EvtLocalReachabilityChanged))
	if err != nil {
		return err
	}
	go func() {
		for v := range sub.Out() {
			e := v.(event.EvtLocalReachabilityChanged)
			n.out.event(fields{"type": "reachability", "version": 1,
				"status": statusName(e.Reachability), "addr": nil})
		}
	}()
	return nil
}

func statusName(r network.Reachability) string {
	switch r {
	case network.ReachabilityPublic:
		return "public"
	case network.ReachabilityPrivate:
		return "private"
	}
	return "unknown"
}

// startAutoNATv2 serves v2 and asks each server once. go's own client, that is
// tied to the host, believes no single one and asks each every two minutes.
func (n *node) startAutoNATv2() error {
	opts, err := transportsOf(n.flags)
	if err != nil {
		return err
	}
	dialer, err := libp2p.New(append(opts, libp2p.NoListenAddrs)...)
	if err != nil {
		return err
	}
	n.autonat, err = autonatv2.New(dialer, autonatv2.AllowPrivateAddrs,
		autonatv2.WithServerRateLimit(10000, 10000, 10000, 100))
	if err != nil {
		return err
	}
	sub, err := n.host.EventBus().Subscribe(
		new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return err
	}
	go func() {
		for v := range sub.Out() {
			e := v.(event.EvtPeerIdentificationCompleted)
			if slices.Contains(e.Protocols, autonatv2.DialProtocol) {
				go n.probe(e.Peer, e.ObservedAddr)
			}
		}
	}()
	return n.autonat.Start(n.host)
}

// probe asks a server about our addresses; it takes the first it can dial.
func (n *node) probe(server peer.ID, observed multiaddr.Multiaddr) {
	addrs := n.host.Addrs()
	if observed != nil && !slices.ContainsFunc(addrs, observed.Equal) {
		addrs = append(addrs, observed)
	}
	if slices.ContainsFunc(addrs, manet.IsPublicAddr) {
		addrs = slices.DeleteFunc(addrs, func(a multiaddr.Multiaddr) bool {
			return !manet.IsPublicAddr(a)
		})
	}
	var reqs []autonatv2.Request
	for _, a := range addrs {
		reqs = append(reqs, autonatv2.Request{Addr: a, SendDialData: true})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*dialTimeout)
	defer cancel()
	r, err := n.autonat.GetReachability(ctx, reqs)
	// It hears of the server's protocols as we do, maybe a little later.
	for errors.Is(err, autonatv2.ErrNoPeers) && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		r, err = n.autonat.GetReachability(ctx, reqs)
	}
	f := fields{"type": "reachability", "version": 2, "error": nil,
		"server": server.String(), "status": statusName(r.Reachability)}
	switch {
	case err != nil:
		f["error"] = err.Error()
	case r.AllAddrsRefused:
		f["error"] = "refused"
	default:
		f["addr"] = r.Addr.String()
	}
	n.out.event(f)
}
