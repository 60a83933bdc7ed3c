// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/libp2p/go-libp2p/core/crypto"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

type flags struct {
	listen, connect, topics list
	security, muxer         string
	key, keyFile, psk       string
	tlsCert, tlsKey, tlsCA  string
	seed                    uint64
	seeded                  bool
	sign, msgID             string
	mdns, noEarlyMux, quiet bool
	relayServer, holepunch  bool
	autonat, autonatv2      bool
	dht, dhtPrefix          string
	maxSeconds              int
}

func parseFlags(args []string) (*flags, error) {
	f := &flags{}
	fs := flag.NewFlagSet("peer", flag.ContinueOnError)
	fs.SetOutput(os.Stderr)
	fs.Var(&f.listen, "listen", "multiaddr to listen on (repeatable)")
	fs.Var(&f.connect, "connect", "multiaddr to dial at start (repeatable)")
	fs.Var(&f.topics, "topic", "topic to subscribe to (repeatable)")
	fs.StringVar(&f.security, "security", "noise", "noise, tls or both, in order")
	fs.StringVar(&f.muxer, "muxer", "yamux", "yamux (go-libp2p has no mplex)")
	fs.StringVar(&f.key, "key", "ed25519", "ed25519, secp256k1, ecdsa or rsa")
	fs.StringVar(&f.keyFile, "key-file", "", "private key protobuf, made if absent")
	fs.Uint64Var(&f.seed, "seed", 0, "fixed ed25519 identity")
	fs.StringVar(&f.psk, "psk", "", "swarm.key file")
	fs.StringVar(&f.tlsCert, "tls-cert", "", "certificate of wss, PEM")
	fs.StringVar(&f.tlsKey, "tls-key", "", "its private key, PEM")
	fs.StringVar(&f.tlsCA, "tls-ca", "", "whom dials of wss trust, PEM")
	fs.StringVar(&f.sign, "sign", "strict", "strict or nosign")
	fs.StringVar(&f.msgID, "msgid", "from", "from (spec) or key (js)")
	fs.BoolVar(&f.mdns, "mdns", false, "discover and connect by mDNS")
	fs.BoolVar(&f.relayServer, "relay-server", false, "relay for others")
	fs.Func("relay", "be reached behind this relay (repeatable)",
		func(ma string) error { return f.listen.Set(ma + circuit) })
	fs.BoolVar(&f.holepunch, "holepunch", false, "upgrade relayed connections")
	fs.BoolVar(&f.autonat, "autonat", false, "AutoNAT v1, both ends")
	fs.BoolVar(&f.autonatv2, "autonatv2", false, "AutoNAT v2, both ends")
	fs.StringVar(&f.dht, "dht", "", "be a server or a client of the DHT")
	fs.StringVar(&f.dhtPrefix, "dht-prefix", "/ipfs", "of its protocol")
	fs.BoolVar(&f.noEarlyMux, "no-early-mux", false, "muxer by multistream only")
	fs.BoolVar(&f.quiet, "quiet", false, "no events")
	fs.IntVar(&f.maxSeconds, "max-seconds", 0, "stop by itself")
	if len(args) > 0 && args[0] == "node" {
		args = args[1:]
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	fs.Visit(func(v *flag.Flag) { f.seeded = f.seeded || v.Name == "seed" })
	if f.muxer == "mplex" {
		return nil, errors.New("go-libp2p has no mplex")
	}
	return f, nil
}

// identity makes, loads or derives the private key that the flags ask for.
func (f *flags) identity() (crypto.PrivKey, error) {
	if f.keyFile != "" {
		if b, err := os.ReadFile(f.keyFile); err == nil {
			return crypto.UnmarshalPrivateKey(b)
		}
	}
	k, err := f.newKey()
	if err != nil || f.keyFile == "" {
		return k, err
	}
	b, err := crypto.MarshalPrivateKey(k)
	if err != nil {
		return nil, err
	}
	return k, os.WriteFile(f.keyFile, b, 0o600)
}

func (f *flags) newKey() (crypto.PrivKey, error) {
	var k crypto.PrivKey
	var err error
	switch {
	case f.seeded && f.key == "ed25519":
		// A reader of one fixed seed: 32 bytes, N little-endian in front.
		seed := make([]byte, 32)
		binary.LittleEndian.PutUint32(seed, uint32(f.seed))
		k, err = ed25519FromSeed(seed)
	case f.key == "ed25519":
		k, _, err = crypto.GenerateEd25519Key(rand.Reader)
	case f.key == "secp256k1":
		k, _, err = crypto.GenerateSecp256k1Key(rand.Reader)
	case f.key == "ecdsa":
		k, _, err = crypto.GenerateECDSAKeyPair(rand.Reader)
	case f.key == "rsa":
		k, _, err = crypto.GenerateRSAKeyPair(2048, rand.Reader)
	default:
		err = fmt.Errorf("unknown key type %q", f.key)
	}
	return k, err
}
