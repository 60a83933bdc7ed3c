// SPDX-License-Identifier: MIT OR Apache-2.0

package main

/*
#include <p2p/p2p.h>
*/
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

func of(user unsafe.Pointer) *app {
	return (*(*cgo.Handle)(user)).Value().(*app)
}

//export go_echo_data
func go_echo_data(_ unsafe.Pointer, s *C.struct_p2p_stream, p *C.uint8_t, n C.size_t) {
	if C.p2p_stream_send(s, unsafe.Pointer(p), n) != 0 {
		C.p2p_stream_reset(s)
	}
}

//export go_echo_finished
func go_echo_finished(_ unsafe.Pointer, s *C.struct_p2p_stream) {
	C.p2p_stream_finish(s)
}

//export go_answer_data
func go_answer_data(user unsafe.Pointer, _ *C.struct_p2p_stream, p *C.uint8_t, n C.size_t) {
	a := of(user)
	a.said = append(a.said, C.GoBytes(unsafe.Pointer(p), C.int(n))...)
}

//export go_answer_closed
func go_answer_closed(user unsafe.Pointer, _ *C.struct_p2p_stream, status C.int) {
	of(user).done(check(status))
}

//export go_dialed
func go_dialed(user unsafe.Pointer, status C.int, peer *C.struct_p2p_peer_id) {
	a := of(user)
	err := check(status)
	if err == nil {
		err = a.ask(peer)
	}
	if err != nil {
		a.done(err)
	}
}
