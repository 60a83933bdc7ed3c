// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ipfs/go-cid"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multihash"
)

// anything is a validator that takes every record, as rust does. The public
// network's prefix allows none but its own.
type anything struct{}

func (anything) Validate(string, []byte) error        { return nil }
func (anything) Select(string, [][]byte) (int, error) { return 0, nil }

func (n *node) startDHT() error {
	mode, ok := map[string]dht.ModeOpt{
		"server": dht.ModeServer, "client": dht.ModeClient}[n.flags.dht]
	if !ok {
		return fmt.Errorf("--dht %s: server or client", n.flags.dht)
	}
	prefix := protocol.ID(n.flags.dhtPrefix)
	opts := []dht.Option{dht.Mode(mode), dht.ProtocolPrefix(prefix)}
	if prefix != dht.DefaultPrefix {
		opts = append(opts, dht.Validator(anything{}))
	}
	var err error
	n.dht, err = dht.New(n.host, opts...)
	return err
}

// contentID is the CID of a text: the DHT has its multihash.
func contentID(text string) (cid.Cid, error) {
	hash, err := multihash.Sum([]byte(text), multihash.SHA2_256, -1)
	return cid.NewCidV1(cid.Raw, hash), err
}

func (n *node) runDHT(cmd string, args []string, line string) (fields, error) {
	if n.dht == nil {
		return nil, errors.New("this node was started without --dht")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*dialTimeout)
	defer cancel()
	switch cmd {
	case "dhtput":
		return nil, n.dht.PutValue(ctx, args[0], []byte(textAfter(line, 2)))
	case "dhtget":
		value, err := n.dht.GetValue(ctx, args[0])
		if err != nil {
			return nil, err
		}
		if !utf8.Valid(value) {
			return fields{"value_b64": value}, nil
		}
		return fields{"value": string(value)}, nil
	case "dhtfindpeer":
		p, err := peer.Decode(args[0])
		if err != nil {
			return nil, err
		}
		info, err := n.dht.FindPeer(ctx, p)
		return fields{"addrs": texts(info.Addrs)}, err
	case "dhtprovide", "dhtfindprovs":
		id, err := contentID(args[0])
		if err != nil {
			return nil, err
		}
		if cmd == "dhtprovide" {
			return nil, n.dht.Provide(ctx, id, true)
		}
		return n.findProviders(ctx, id)
	}
	return nil, fmt.Errorf("unknown command %q", cmd)
}

func (n *node) findProviders(ctx context.Context, id cid.Cid) (fields, error) {
	infos, err := n.dht.FindProviders(ctx, id)
	providers := []string{}
	for _, info := range infos {
		providers = append(providers, info.ID.String())
	}
	return fields{"providers": providers}, err
}
