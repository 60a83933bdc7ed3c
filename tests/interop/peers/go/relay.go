// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/multiformats/go-multiaddr"
)

const circuit = "/p2p-circuit"

// relayOptions make a relay at once, that tells its clients of all addresses:
// go leaves out private ones.
func relayOptions() []libp2p.Option {
	all := func(multiaddr.Multiaddr) bool { return true }
	return []libp2p.Option{
		libp2p.EnableRelayService(relay.WithReservationAddressFilter(all)),
		libp2p.ForceReachabilityPublic(),
	}
}

// directListen are the addresses that are listened at without a relay.
func (f *flags) directListen() []string {
	var direct []string
	for _, ma := range f.listen {
		if !strings.HasSuffix(ma, circuit) {
			direct = append(direct, ma)
		}
	}
	return direct
}

// relays are those behind whose circuits we are to be reached.
func (f *flags) relays() []string {
	var relays []string
	for _, ma := range f.listen {
		if at, ok := strings.CutSuffix(ma, circuit); ok {
			relays = append(relays, at)
		}
	}
	return relays
}

// await returns when the protocol is served: go starts some a little later.
func (n *node) await(id protocol.ID) {
	for !slices.Contains(n.host.Mux().Protocols(), id) {
		time.Sleep(time.Millisecond)
	}
}

// reserve gets a slot at a relay; go's listener at a circuit does not.
func (n *node) reserve(ma string) error {
	info, err := peer.AddrInfoFromString(ma)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	if err := n.host.Connect(ctx, *info); err != nil {
		return err
	}
	r, err := client.Reserve(ctx, n.host, *info)
	if err != nil {
		return err
	}
	n.reserved = append(n.reserved, ma+circuit)
	n.out.event(fields{"type": "relay-client", "peer": info.ID.String(),
		"addrs": texts(r.Addrs), "voucher": r.Voucher != nil,
		"limit_s": r.LimitDuration.Seconds(), "limit_bytes": r.LimitData})
	return nil
}
