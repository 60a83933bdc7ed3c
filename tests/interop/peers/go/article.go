// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
)

// article is a control plane in the way of the 2021 article, with the defaults
// of go-libp2p: see ../js2021/article.js, whose log lines and variables (PORT,
// UNIT_URL, PULL_PORT, LISTEN) these are.
type article struct {
	host  host.Host
	topic *pubsub.Topic
}

func setting(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// HandlePeerFound makes it mDNS's notifiee.
func (a *article) HandlePeerFound(info peer.AddrInfo) {
	if info.ID == a.host.ID() {
		return
	}
	say("Discovered %s", info.ID)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
		defer cancel()
		if err := a.host.Connect(ctx, info); err != nil {
			say("cannot dial %s: %v", info.ID, err)
		}
	}()
}

func answer(method, url string, body []byte) (int, []byte, error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

func (a *article) follow(from string) error {
	say("pulling config from %s", from)
	url := "http://" + net.JoinHostPort(from, setting("PULL_PORT", "8888"))
	code, config, err := answer(http.MethodGet, url+"/config", nil)
	if err != nil {
		return err
	}
	if code != http.StatusOK {
		return fmt.Errorf("%s answered %d", from, code)
	}
	own := setting("UNIT_URL", "http://127.0.0.1:8888") + "/config"
	code, text, err := answer(http.MethodPut, own, config)
	if err == nil {
		say("own Unit answered %d %s", code,
			strings.Join(strings.Fields(string(text)), " "))
	}
	return err
}

func (a *article) read(sub *pubsub.Subscription) {
	for {
		m, err := sub.Next(context.Background())
		if err != nil {
			return
		}
		if m.ReceivedFrom == a.host.ID() {
			continue
		}
		from := string(m.Data)
		say("received %s from %s via %s", from, m.GetFrom(), m.ReceivedFrom)
		go func() {
			if err := a.follow(from); err != nil {
				say("could not follow %s: %v", from, err)
			}
		}()
	}
}

// grafts tells whom a message would reach at once: go publishes to its mesh.
type grafts struct{ tracer }

func (*grafts) Graft(p peer.ID, _ string)             { say("Subscribed %s", p) }
func (*grafts) Prune(peer.ID, string)                 {}
func (*grafts) Leave(string)                          {}
func (*grafts) OnClosedOutboundStream(peer.ID)        {}
func (*grafts) RejectMessage(*pubsub.Message, string) {}
func (*grafts) DuplicateMessage(*pubsub.Message)      {}
func (*grafts) UndeliverableMessage(*pubsub.Message)  {}
func (*grafts) DropRPC(*pubsub.RPC, peer.ID)          {}

func (a *article) join() error {
	ps, err := pubsub.NewGossipSub(context.Background(), a.host,
		pubsub.WithRawTracer(&grafts{}))
	if err != nil {
		return err
	}
	if a.topic, err = ps.Join("news"); err != nil {
		return err
	}
	sub, err := a.topic.Subscribe()
	if err == nil {
		go a.read(sub)
	}
	return err
}

func (a *article) serve() error {
	at, err := net.Listen("tcp", ":"+setting("PORT", "3000"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /config", func(w http.ResponseWriter,
		r *http.Request) {
		name, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			name = r.Host
		}
		if err := a.topic.Publish(r.Context(), []byte(name)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		io.WriteString(w, "Published config event to all other nodes")
	})
	go http.Serve(at, mux)
	say("REST on port %s", setting("PORT", "3000"))
	return nil
}

func (a *article) watch() {
	a.host.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(_ network.Network, c network.Conn) {
			say("Connection established to %s", c.RemotePeer())
		},
		DisconnectedF: func(nw network.Network, c network.Conn) {
			if len(nw.ConnsToPeer(c.RemotePeer())) == 0 {
				say("Connection lost to %s", c.RemotePeer())
			}
		},
	})
}

func runArticle() error {
	h, err := libp2p.New(libp2p.ListenAddrStrings(
		setting("LISTEN", "/ip4/0.0.0.0/tcp/0")))
	if err != nil {
		return err
	}
	a := &article{host: h}
	say("My Node ID %s", h.ID())
	a.watch()
	if err := a.join(); err != nil {
		return err
	}
	if err := mdns.NewMdnsService(h, "", a).Start(); err != nil {
		return err
	}
	if err := a.serve(); err != nil {
		return err
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
	return nil
}
