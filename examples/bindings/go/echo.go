// SPDX-License-Identifier: MIT OR Apache-2.0

// Two hosts on one loop, through cgo: the first dials the second, which sends
// back what it gets. Prints the answer.
//
// A loop belongs to one thread, so the goroutine that runs it is locked to
// its own; others reach it by p2p_loop_post().
package main

/*
#cgo pkg-config: p2p
#include <stdlib.h>
#include <p2p/p2p.h>

// What callbacks.go exports; Go does not know const.
typedef void (*data_fn)(void *, struct p2p_stream *, const uint8_t *, size_t);
void go_echo_data(void *user, struct p2p_stream *s, uint8_t *p, size_t n);
void go_echo_finished(void *user, struct p2p_stream *s);
void go_answer_data(void *user, struct p2p_stream *s, uint8_t *p, size_t n);
void go_answer_closed(void *user, struct p2p_stream *s, int status);
void go_dialed(void *user, int status, struct p2p_peer_id *peer);

static const struct p2p_stream_events echo_events = {
    .data = (data_fn)go_echo_data,
    .finished = go_echo_finished,
};

static const struct p2p_stream_events answer_events = {
    .data = (data_fn)go_answer_data,
    .closed = go_answer_closed,
};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &echo_events, user);
}

static int serve(struct p2p_host *host, const char *protocol, void *user)
{
    return p2p_host_handle(host, protocol, on_stream, user);
}

static int ask(struct p2p_host *host, const struct p2p_peer_id *peer,
               const char *const *names, void *user, struct p2p_stream **out)
{
    return p2p_stream_open(host, peer, names, 1, &answer_events, user, out);
}

static int config_host(struct p2p_loop *loop, struct p2p_key *key,
                       struct p2p_host **out)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;

    cfg.key = key;
    return p2p_host_new(loop, &cfg, out);
}

static int dial(struct p2p_host *host, const char *addr, void *user)
{
    return p2p_host_dial(host, addr, (p2p_dial_done)go_dialed, user);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

type app struct {
	loop   *C.struct_p2p_loop
	dialer *C.struct_p2p_host
	name   *C.char
	names  **C.char
	user   unsafe.Pointer
	said   []byte
	status error
}

func check(code C.int) error {
	if code >= 0 {
		return nil
	}
	return errors.New(C.GoString(C.p2p_err_text(code)))
}

func (a *app) done(err error) {
	a.status = err
	C.p2p_loop_stop(a.loop)
}

func (a *app) hostNew() (*C.struct_p2p_key, *C.struct_p2p_host, error) {
	var key *C.struct_p2p_key
	var host *C.struct_p2p_host

	err := check(C.p2p_key_generate(C.P2P_KEY_ED25519, &key))
	if err == nil {
		err = check(C.config_host(a.loop, key, &host))
	}
	return key, host, err
}

func (a *app) serve(listener *C.struct_p2p_host) error {
	at := C.CString("/ip4/127.0.0.1/tcp/0")
	defer C.free(unsafe.Pointer(at))
	if err := check(C.p2p_host_listen(listener, at)); err != nil {
		return err
	}
	return check(C.serve(listener, a.name, a.user))
}

func (a *app) dial(listener *C.struct_p2p_host) error {
	var addr C.struct_p2p_multiaddr
	var text [C.P2P_MULTIADDR_TEXT_MAX]C.char

	C.p2p_host_addrs(listener, &addr, 1)
	return check(C.dial(a.dialer, C.p2p_multiaddr_text(&addr, &text[0]),
		a.user))
}

// Asked of the peer that on_dialed got: C keeps the names until the end.
func (a *app) ask(peer *C.struct_p2p_peer_id) error {
	var s *C.struct_p2p_stream

	text := []byte("hello from Go")
	err := check(C.ask(a.dialer, peer, a.names, a.user, &s))
	if err == nil {
		err = check(C.p2p_stream_send(s, unsafe.Pointer(&text[0]),
			C.size_t(len(text))))
		C.p2p_stream_finish(s)
	}
	return err
}

func run() (string, error) {
	a := &app{name: C.CString("/echo/1.0.0")}
	defer C.free(unsafe.Pointer(a.name))
	a.names = (**C.char)(C.malloc(C.size_t(unsafe.Sizeof(a.name))))
	defer C.free(unsafe.Pointer(a.names))
	*a.names = a.name
	// C gets a handle's address, in memory of C, and never a Go pointer.
	handle := (*cgo.Handle)(C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0)))))
	defer C.free(unsafe.Pointer(handle))
	*handle = cgo.NewHandle(a)
	defer handle.Delete()
	a.user = unsafe.Pointer(handle)

	if err := check(C.p2p_loop_new(&a.loop)); err != nil {
		return "", err
	}
	defer C.p2p_loop_free(a.loop)
	key1, dialer, err := a.hostNew()
	if err != nil {
		return "", err
	}
	defer C.p2p_key_free(key1)
	defer C.p2p_host_free(dialer)
	key2, listener, err := a.hostNew()
	if err != nil {
		return "", err
	}
	defer C.p2p_key_free(key2)
	defer C.p2p_host_free(listener)
	a.dialer = dialer
	if err = a.serve(listener); err == nil {
		err = a.dial(listener)
	}
	if err != nil {
		return "", err
	}
	C.p2p_loop_run(a.loop)
	return string(a.said), a.status
}

func main() {
	runtime.LockOSThread()
	said, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
	fmt.Println(said)
}
