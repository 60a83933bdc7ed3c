// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify/pb"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-msgio/pbio"
	"github.com/multiformats/go-multiaddr"
	"github.com/multiformats/go-multistream"
)

const (
	echoID        = "/echo/1.0.0"
	perfID        = "/perf/1.0.0"
	streamTimeout = 60 * time.Second
	chunk         = 64 << 10
)

func serveEcho(s network.Stream) {
	if _, err := io.Copy(s, s); err != nil {
		s.Reset()
		return
	}
	s.Close()
}

// servePerf reads how much to send, drains the upload, then sends that.
func servePerf(s network.Stream) {
	var head [8]byte
	if _, err := io.ReadFull(s, head[:]); err != nil {
		s.Reset()
		return
	}
	if _, err := io.CopyBuffer(io.Discard, onlyReader{s}, make([]byte, chunk)); err != nil {
		s.Reset()
		return
	}
	if err := send(s, binary.BigEndian.Uint64(head[:])); err != nil {
		s.Reset()
		return
	}
	s.Close()
}

// onlyReader hides WriterTo, so that CopyBuffer uses our buffer.
type onlyReader struct{ io.Reader }

func send(w io.Writer, count uint64) error {
	buf := make([]byte, chunk)
	for count > 0 {
		b := buf[:min(count, chunk)]
		if _, err := w.Write(b); err != nil {
			return err
		}
		count -= uint64(len(b))
	}
	return nil
}

// open returns a new stream. go announces the protocol with the first bytes
// that it writes; to js-libp2p it does so before and waits for the answer,
// because what js 3.3.11 receives together with the end of writing, before it
// has answered, is lost.
func (n *node) open(p peer.ID, id protocol.ID) (network.Stream, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	ctx = network.WithAllowLimitedConn(ctx, "test")
	n.awaitIdentify(ctx, p)
	agent, _ := n.host.Peerstore().Get(p, "AgentVersion")
	if a, ok := agent.(string); ok && strings.HasPrefix(a, "js-libp2p/") {
		return n.openEagerly(ctx, p, id)
	}
	s, err := n.host.NewStream(ctx, p, id)
	if err == nil {
		s.SetDeadline(time.Now().Add(streamTimeout))
	}
	return s, err
}

func (n *node) awaitIdentify(ctx context.Context, p peer.ID) {
	ids := n.host.(interface{ IDService() identify.IDService }).IDService()
	for _, c := range n.host.Network().ConnsToPeer(p) {
		select {
		case <-ids.IdentifyWait(c):
		case <-ctx.Done():
		}
	}
}

func (n *node) openEagerly(ctx context.Context, p peer.ID, id protocol.ID) (network.Stream, error) {
	s, err := n.host.Network().NewStream(ctx, p)
	if err != nil {
		return nil, err
	}
	s.SetDeadline(time.Now().Add(streamTimeout))
	if _, err := multistream.SelectOneOf([]protocol.ID{id}, s); err != nil {
		s.Reset()
		return nil, err
	}
	return s, s.SetProtocol(id)
}

func (n *node) echo(p peer.ID, size int) (fields, error) {
	start := time.Now()
	s, err := n.open(p, echoID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	sent := make([]byte, size)
	rand.Read(sent)
	failed := make(chan error, 1)
	go func() {
		_, err := s.Write(sent)
		failed <- errors.Join(err, s.CloseWrite())
	}()
	got, err := io.ReadAll(s)
	if err := errors.Join(err, <-failed); err != nil {
		return nil, err
	}
	if !bytes.Equal(sent, got) {
		return nil, fmt.Errorf("sent %d bytes, %d other bytes came back",
			len(sent), len(got))
	}
	return fields{"bytes": size, "us": time.Since(start).Microseconds()}, nil
}

func (n *node) perf(p peer.ID, up, down uint64) (fields, error) {
	start := time.Now()
	s, err := n.open(p, perfID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	s.SetDeadline(time.Now().Add(10 * streamTimeout))
	head := binary.BigEndian.AppendUint64(nil, down)
	if _, err := s.Write(head); err != nil {
		return nil, err
	}
	if err := errors.Join(send(s, up), s.CloseWrite()); err != nil {
		return nil, err
	}
	// The first byte says that the other side has read everything.
	first := make([]byte, 1)
	got, err := io.ReadFull(s, first)
	uploaded := time.Now()
	if err == nil {
		var rest int64
		rest, err = io.CopyBuffer(io.Discard, onlyReader{s},
			make([]byte, chunk))
		got += int(rest)
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	if uint64(got) != down {
		return nil, fmt.Errorf("asked for %d bytes, got %d", down, got)
	}
	return fields{"up_bytes": up, "down_bytes": down,
		"up_s":   uploaded.Sub(start).Seconds(),
		"down_s": time.Since(uploaded).Seconds(),
		"s":      time.Since(start).Seconds()}, nil
}

func (n *node) ping(p peer.ID, count int) (fields, error) {
	ctx, cancel := context.WithTimeout(context.Background(), streamTimeout)
	defer cancel()
	rtts := []int64{}
	results := ping.Ping(ctx, n.host, p)
	for len(rtts) < count {
		r, ok := <-results
		if !ok {
			return nil, fmt.Errorf("only %d of %d answers", len(rtts), count)
		}
		if r.Error != nil {
			return nil, r.Error
		}
		rtts = append(rtts, r.RTT.Microseconds())
	}
	return fields{"rtt_us": rtts}, nil
}

// identify asks anew on a stream of its own: what the peer says now.
func (n *node) identify(p peer.ID) (fields, error) {
	s, err := n.open(p, identify.ID)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	r := pbio.NewDelimitedReader(s, 64<<10)
	var msg, part pb.Identify
	for {
		part.Reset()
		if err := r.ReadMsg(&part); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		merge(&msg, &part)
	}
	f := fields{
		"peer": p.String(), "agent": msg.GetAgentVersion(),
		"protocol_version": msg.GetProtocolVersion(),
		"protocols":        msg.GetProtocols(),
		"addrs":            addrTexts(msg.GetListenAddrs()),
		"observed":         addrTexts([][]byte{msg.GetObservedAddr()})[0],
	}
	if len(msg.GetSignedPeerRecord()) > 0 {
		var rec peer.PeerRecord
		_, err := record.ConsumeTypedEnvelope(msg.GetSignedPeerRecord(), &rec)
		f["signed_record"] = err == nil && rec.PeerID == p
	}
	return f, nil
}

func merge(msg, part *pb.Identify) {
	if part.AgentVersion != nil {
		msg.AgentVersion = part.AgentVersion
	}
	if part.ProtocolVersion != nil {
		msg.ProtocolVersion = part.ProtocolVersion
	}
	if part.ObservedAddr != nil {
		msg.ObservedAddr = part.ObservedAddr
	}
	if part.SignedPeerRecord != nil {
		msg.SignedPeerRecord = part.SignedPeerRecord
	}
	msg.Protocols = append(msg.Protocols, part.Protocols...)
	msg.ListenAddrs = append(msg.ListenAddrs, part.ListenAddrs...)
}

func addrTexts(bs [][]byte) []string {
	s := []string{}
	for _, b := range bs {
		if a, err := multiaddr.NewMultiaddrBytes(b); err == nil {
			s = append(s, a.String())
		} else {
			s = append(s, "")
		}
	}
	return s
}
