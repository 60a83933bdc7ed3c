// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const shownBytes = 512

type gossip struct {
	node *node
	ps   *pubsub.PubSub

	mu     sync.Mutex
	topics map[string]*pubsub.Topic
	subs   map[string]*pubsub.Subscription
	mesh   map[string]map[peer.ID]bool

	published, received, receivedBytes, dropped, rejected, duplicates atomic.Int64
	dontWants                                                         sync.Map // peer.ID: how many IDONTWANT it sent, *atomic.Int64
}

func newGossip(n *node) (*gossip, error) {
	g := &gossip{node: n, topics: map[string]*pubsub.Topic{},
		subs: map[string]*pubsub.Subscription{},
		mesh: map[string]map[peer.ID]bool{}}
	opts := []pubsub.Option{
		pubsub.WithRawTracer(&tracer{g: g}),
		// Floods must not be lost in our own queues.
		pubsub.WithPeerOutboundQueueSize(16384),
		pubsub.WithValidateQueueSize(16384),
	}
	switch {
	case n.flags.sign == "nosign":
		opts = append(opts, pubsub.WithNoAuthor(),
			pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
			pubsub.WithMessageIdFn(dataID))
	case n.flags.msgID == "key":
		opts = append(opts, pubsub.WithMessageIdFn(keyID))
	}
	ps, err := pubsub.NewGossipSub(context.Background(), n.host, opts...)
	g.ps = ps
	return g, err
}

// keyID is what js computes: the public key's protobuf, then seqno.
func keyID(m *pb.Message) string {
	key := m.GetKey()
	if len(key) == 0 {
		id, err := peer.IDFromBytes(m.GetFrom())
		if err != nil {
			return pubsub.DefaultMsgIdFn(m)
		}
		pub, err := id.ExtractPublicKey()
		if err != nil {
			return pubsub.DefaultMsgIdFn(m)
		}
		key, _ = crypto.MarshalPublicKey(pub)
	}
	return string(key) + string(m.GetSeqno())
}

// dataID stands in where messages carry neither author nor number.
func dataID(m *pb.Message) string {
	sum := sha256.Sum256(m.GetData())
	return string(sum[:])
}

func (g *gossip) topic(name string) (*pubsub.Topic, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.topics[name]; t != nil {
		return t, nil
	}
	t, err := g.ps.Join(name)
	if err == nil {
		g.topics[name] = t
	}
	return t, err
}

func (g *gossip) subscribe(name string) error {
	t, err := g.topic(name)
	if err != nil {
		return err
	}
	sub, err := t.Subscribe(pubsub.WithBufferSize(1 << 16))
	if err != nil {
		return err
	}
	g.mu.Lock()
	old := g.subs[name]
	g.subs[name] = sub
	g.mu.Unlock()
	if old != nil {
		old.Cancel()
	}
	go g.read(sub)
	return nil
}

func (g *gossip) unsubscribe(name string) error {
	g.mu.Lock()
	sub := g.subs[name]
	delete(g.subs, name)
	g.mu.Unlock()
	if sub == nil {
		return fmt.Errorf("not subscribed to %q", name)
	}
	sub.Cancel()
	return nil
}

func (g *gossip) read(sub *pubsub.Subscription) {
	for {
		m, err := sub.Next(context.Background())
		if err != nil {
			return
		}
		if m.ReceivedFrom == g.node.host.ID() {
			continue
		}
		g.received.Add(1)
		g.receivedBytes.Add(int64(len(m.Data)))
		if !g.node.flags.quiet {
			g.node.out.event(messageFields(m))
		}
	}
}

func messageFields(m *pubsub.Message) fields {
	f := fields{"type": "msg", "topic": m.GetTopic(), "from": nil,
		"via": m.ReceivedFrom.String(), "seqno": nil, "size": len(m.Data)}
	if len(m.From) > 0 {
		f["from"] = m.GetFrom().String()
	}
	if len(m.Seqno) == 8 {
		f["seqno"] = binary.BigEndian.Uint64(m.Seqno)
	}
	data := m.Data[:min(len(m.Data), shownBytes)]
	if utf8.Valid(data) {
		f["data"] = string(data)
	} else {
		f["data_b64"] = base64.StdEncoding.EncodeToString(data)
	}
	return f
}

func (g *gossip) publish(name string, data []byte) error {
	t, err := g.topic(name)
	if err != nil {
		return err
	}
	if err := t.Publish(context.Background(), data); err != nil {
		return err
	}
	g.published.Add(1)
	return nil
}

// flood publishes count messages of size bytes, at rate a second if not 0.
func (g *gossip) flood(name string, size, count int, rate float64) (fields, error) {
	start := time.Now()
	for i := range count {
		if rate > 0 {
			due := start.Add(time.Duration(float64(i) / rate * 1e9))
			time.Sleep(time.Until(due))
		}
		if err := g.publish(name, floodData(i, size)); err != nil {
			return nil, err
		}
	}
	return fields{"count": count, "size": size,
		"s": time.Since(start).Seconds()}, nil
}

func floodData(i, size int) []byte {
	s := fmt.Sprintf("flood %d ", i)
	if len(s) > size {
		return []byte(s[:size])
	}
	return []byte(s + strings.Repeat("x", size-len(s)))
}

func (g *gossip) meshFields(name string) fields {
	in := []string{}
	g.mu.Lock()
	for p := range g.mesh[name] {
		in = append(in, p.String())
	}
	g.mu.Unlock()
	all := []string{}
	for _, p := range g.ps.ListPeers(name) {
		all = append(all, p.String())
	}
	return fields{"topic": name, "mesh": in, "peers": all}
}

// tracer keeps the mesh as the router sees it, and counts.
type tracer struct{ g *gossip }

func (t *tracer) setMesh(p peer.ID, topic string, in bool) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	if t.g.mesh[topic] == nil {
		t.g.mesh[topic] = map[peer.ID]bool{}
	}
	if in {
		t.g.mesh[topic][p] = true
	} else {
		delete(t.g.mesh[topic], p)
	}
}

func (t *tracer) Graft(p peer.ID, topic string) { t.setMesh(p, topic, true) }
func (t *tracer) Prune(p peer.ID, topic string) { t.setMesh(p, topic, false) }

// The router says nothing when a peer of the mesh goes away.
func (t *tracer) OnClosedOutboundStream(p peer.ID) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	for _, peers := range t.g.mesh {
		delete(peers, p)
	}
}

func (t *tracer) Leave(topic string) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	delete(t.g.mesh, topic)
}

func (t *tracer) RejectMessage(m *pubsub.Message, why string) {
	t.g.rejected.Add(1)
	t.g.node.out.event(fields{"type": "rejected", "topic": m.GetTopic(),
		"via": m.ReceivedFrom.String(), "error": why})
}

func (t *tracer) RecvRPC(rpc *pubsub.RPC) {
	if n := len(rpc.GetControl().GetIdontwant()); n > 0 {
		count, _ := t.g.dontWants.LoadOrStore(rpc.From(), new(atomic.Int64))
		count.(*atomic.Int64).Add(int64(n))
	}
}

// dontWantFields are the counts of IDONTWANT by who sent them.
func (g *gossip) dontWantFields() fields {
	f := fields{}
	g.dontWants.Range(func(p, count any) bool {
		f[p.(peer.ID).String()] = count.(*atomic.Int64).Load()
		return true
	})
	return f
}

func (t *tracer) DuplicateMessage(*pubsub.Message)     { t.g.duplicates.Add(1) }
func (t *tracer) UndeliverableMessage(*pubsub.Message) { t.g.dropped.Add(1) }
func (t *tracer) DropRPC(*pubsub.RPC, peer.ID)         { t.g.dropped.Add(1) }

func (t *tracer) OnNewOutboundStream(peer.ID, protocol.ID)             {}
func (t *tracer) Join(string)                                          {}
func (t *tracer) ValidateMessage(*pubsub.Message)                      {}
func (t *tracer) DeliverMessage(*pubsub.Message)                       {}
func (t *tracer) ThrottlePeer(peer.ID)                                 {}
func (t *tracer) SendRPC(*pubsub.RPC, peer.ID)                         {}
func (t *tracer) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
