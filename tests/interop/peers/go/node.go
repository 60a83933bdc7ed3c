// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	stded "crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	sectls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/multiformats/go-multiaddr"
)

const dialTimeout = 15 * time.Second

type node struct {
	host  host.Host
	out   *output
	flags *flags
	pub   *gossip

	dht     *dht.IpfsDHT       // nil without --dht
	autonat *autonatv2.AutoNAT // nil without --autonatv2

	reserved []string // circuit addresses, without our id

	connsIn, connsOut, connsClosed atomic.Int64
}

func ed25519FromSeed(seed []byte) (crypto.PrivKey, error) {
	return crypto.UnmarshalEd25519PrivateKey(stded.NewKeyFromSeed(seed))
}

func securityOptions(f *flags) ([]libp2p.Option, error) {
	var opts []libp2p.Option
	for _, s := range strings.Split(f.security, ",") {
		switch {
		case s == "noise" && f.noEarlyMux:
			opts = append(opts, libp2p.Security(noise.ID,
				func(id protocol.ID, k crypto.PrivKey) (*noise.Transport, error) {
					return noise.New(id, k, nil)
				}))
		case s == "noise":
			opts = append(opts, libp2p.Security(noise.ID, noise.New))
		case s == "tls" && f.noEarlyMux:
			opts = append(opts, libp2p.Security(sectls.ID,
				func(id protocol.ID, k crypto.PrivKey) (*sectls.Transport, error) {
					return sectls.New(id, k, nil)
				}))
		case s == "tls":
			opts = append(opts, libp2p.Security(sectls.ID, sectls.New))
		default:
			return nil, fmt.Errorf("unknown security %q", s)
		}
	}
	return opts, nil
}

// transportsOf is what every host of this process has.
func transportsOf(f *flags) ([]libp2p.Option, error) {
	opts, err := securityOptions(f)
	if err != nil {
		return nil, err
	}
	transports, err := transportOptions(f)
	if err != nil {
		return nil, err
	}
	return append(append(opts, transports...),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		// A test peer has no limits of its own: tests count ours.
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.ConnectionManager(connmgr.NullConnMgr{}),
		libp2p.DisableMetrics(),
	), nil
}

func options(f *flags, out *output) ([]libp2p.Option, error) {
	key, err := f.identity()
	if err != nil {
		return nil, err
	}
	opts, err := transportsOf(f)
	if err != nil {
		return nil, err
	}
	opts = append(append(opts, reachOptions(f, out)...),
		libp2p.Identity(key),
		libp2p.UserAgent("go-libp2p/0.51.0"),
		libp2p.EnableRelay(),
	)
	if f.relayServer {
		opts = append(opts, relayOptions()...)
	}
	if direct := f.directListen(); len(direct) > 0 {
		opts = append(opts, libp2p.ListenAddrStrings(direct...))
	} else {
		opts = append(opts, libp2p.NoListenAddrs)
	}
	return opts, nil
}

func newNode(f *flags, out *output) (*node, error) {
	opts, err := options(f, out)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(opts...)
	if err != nil {
		return nil, err
	}
	n := &node{host: h, out: out, flags: f}
	n.watchConnections()
	if err := errors.Join(n.watchIdentify(), n.watchPushes()); err != nil {
		return nil, err
	}
	h.SetStreamHandler(echoID, serveEcho)
	h.SetStreamHandler(perfID, servePerf)
	n.pub, err = newGossip(n)
	if err != nil {
		return nil, err
	}
	if err := n.startProtocols(); err != nil {
		return nil, err
	}
	for _, ma := range f.relays() {
		if err := n.reserve(ma); err != nil {
			return nil, err
		}
	}
	for _, t := range f.topics {
		if err := n.pub.subscribe(t); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// startProtocols starts what only some nodes have.
func (n *node) startProtocols() error {
	var errs []error
	if n.flags.relayServer {
		n.await(proto.ProtoIDv2Hop)
	}
	if n.flags.holepunch {
		go n.tellReadyToPunch()
	}
	if n.flags.autonat {
		errs = append(errs, n.watchReachability())
	}
	if n.flags.autonatv2 {
		errs = append(errs, n.startAutoNATv2())
	}
	if n.flags.dht != "" {
		errs = append(errs, n.startDHT())
	}
	return errors.Join(errs...)
}

func (n *node) addrs() []string {
	addrs := []string{}
	for _, a := range n.host.Addrs() {
		addrs = append(addrs, a.String()+"/p2p/"+n.host.ID().String())
	}
	for _, a := range n.reserved {
		addrs = append(addrs, a+"/p2p/"+n.host.ID().String())
	}
	return addrs
}

// shortName makes "yamux" of "/yamux/1.0.0" and "noise" of "/noise".
func shortName(id protocol.ID) any {
	parts := strings.Split(string(id), "/")
	if len(parts) < 2 {
		return nil
	}
	return parts[1]
}

func connFields(c network.Conn) fields {
	st := c.ConnState()
	dir := "out"
	if c.Stat().Direction == network.DirInbound {
		dir = "in"
	}
	return fields{
		"peer": c.RemotePeer().String(), "addr": c.RemoteMultiaddr().String(),
		"dir": dir, "security": shortName(st.Security),
		"muxer":     shortName(st.StreamMultiplexer),
		"transport": transportOf(c.RemoteMultiaddr()),
		"early_mux": st.UsedEarlyMuxerNegotiation, "limited": c.Stat().Limited,
	}
}

func (n *node) watchConnections() {
	n.host.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(_ network.Network, c network.Conn) {
			if c.Stat().Direction == network.DirInbound {
				n.connsIn.Add(1)
			} else {
				n.connsOut.Add(1)
			}
			f := connFields(c)
			f["type"] = "connected"
			n.out.event(f)
		},
		// One event a peer, when its last connection is gone.
		DisconnectedF: func(nw network.Network, c network.Conn) {
			n.connsClosed.Add(1)
			if len(nw.ConnsToPeer(c.RemotePeer())) == 0 {
				n.out.event(fields{"type": "disconnected",
					"peer": c.RemotePeer().String()})
			}
		},
	})
}

func (n *node) watchIdentify() error {
	sub, err := n.host.EventBus().Subscribe(
		new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return err
	}
	go func() {
		for v := range sub.Out() {
			e := v.(event.EvtPeerIdentificationCompleted)
			observed := ""
			if e.ObservedAddr != nil {
				observed = e.ObservedAddr.String()
			}
			n.out.event(fields{
				"type": "identify", "peer": e.Peer.String(),
				"agent": e.AgentVersion, "protocol_version": e.ProtocolVersion,
				"protocols": e.Protocols, "addrs": texts(e.ListenAddrs),
				"observed":      observed,
				"signed_record": e.SignedPeerRecord != nil,
			})
		}
	}()
	return nil
}

// watchPushes reports what a peer pushes later as another identify event.
func (n *node) watchPushes() error {
	sub, err := n.host.EventBus().Subscribe(new(event.EvtPeerProtocolsUpdated))
	if err != nil {
		return err
	}
	go func() {
		for v := range sub.Out() {
			p := v.(event.EvtPeerProtocolsUpdated).Peer
			store := n.host.Peerstore()
			agent, _ := store.Get(p, "AgentVersion")
			version, _ := store.Get(p, "ProtocolVersion")
			protocols, _ := store.GetProtocols(p)
			n.out.event(fields{
				"type": "identify", "push": true, "peer": p.String(),
				"agent": agent, "protocol_version": version,
				"protocols": protocols, "addrs": texts(store.Addrs(p)),
				"observed": nil, "signed_record": nil,
			})
		}
	}()
	return nil
}

func texts(as []multiaddr.Multiaddr) []string {
	s := []string{}
	for _, a := range as {
		s = append(s, a.String())
	}
	return s
}

// dial connects to a multiaddr that ends in /p2p/ID.
func (n *node) dial(ma string) (peer.ID, error) {
	info, err := peer.AddrInfoFromString(ma)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	if strings.Contains(ma, "/p2p-circuit/") {
		return info.ID, n.host.Connect(ctx, *info)
	}
	// A failed dial must not spoil the next try with its back-off.
	return info.ID, n.host.Connect(network.WithForceDirectDial(ctx, "test"),
		*info)
}

// peerOf takes a peer id, or a multiaddr that it dials first.
func (n *node) peerOf(s string) (peer.ID, error) {
	if strings.HasPrefix(s, "/") {
		return n.dial(s)
	}
	return peer.Decode(s)
}

// HandlePeerFound makes the node mDNS's notifiee.
func (n *node) HandlePeerFound(info peer.AddrInfo) {
	if info.ID == n.host.ID() {
		return
	}
	n.out.event(fields{"type": "mdns", "peer": info.ID.String(),
		"addrs": texts(info.Addrs)})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
		defer cancel()
		if err := n.host.Connect(ctx, info); err != nil {
			n.out.event(fields{"type": "dial-failed",
				"peer": info.ID.String(), "error": err.Error()})
		}
	}()
}

func (n *node) startMdns() error {
	return mdns.NewMdnsService(n.host, "", n).Start()
}
