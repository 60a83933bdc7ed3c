// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/pnet"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/libp2p/go-libp2p/p2p/transport/websocket"
	"github.com/multiformats/go-multiaddr"
)

// transportOptions are all transports, and the key of a private network: it
// has no QUIC, because its key protects bytes, not datagrams.
func transportOptions(f *flags) ([]libp2p.Option, error) {
	web, err := webOptions(f)
	if err != nil {
		return nil, err
	}
	opts := []libp2p.Option{
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(websocket.New, web...),
	}
	if f.psk == "" {
		return append(opts, libp2p.Transport(quic.NewTransport)), nil
	}
	file, err := os.Open(f.psk)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	psk, err := pnet.DecodeV1PSK(file)
	return append(opts, libp2p.PrivateNetwork(psk)), err
}

// webOptions are the server's certificate, and whom a client trusts.
func webOptions(f *flags) ([]any, error) {
	var opts []any
	if f.tlsCert != "" {
		cert, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
		if err != nil {
			return nil, err
		}
		opts = append(opts, websocket.WithTLSConfig(
			&tls.Config{Certificates: []tls.Certificate{cert}}))
	}
	if f.tlsCA != "" {
		pem, err := os.ReadFile(f.tlsCA)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate", f.tlsCA)
		}
		opts = append(opts, websocket.WithTLSClientConfig(
			&tls.Config{RootCAs: pool}))
	}
	return opts, nil
}

// transportOf is the name that the address has; go says "websocket" of both.
func transportOf(a multiaddr.Multiaddr) string {
	s := a.String() + "/"
	switch {
	case strings.Contains(s, "/p2p-circuit/"):
		return "p2p-circuit"
	case strings.Contains(s, "/quic-v1/"):
		return "quic-v1"
	case strings.Contains(s, "/wss/"), strings.Contains(s, "/tls/"):
		return "wss"
	case strings.Contains(s, "/ws/"):
		return "ws"
	}
	return "tcp"
}
