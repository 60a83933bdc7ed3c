/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Why a connection or a stream ends, as a number on the wire and as a status.
 * Spec: libp2p error codes, r0 (a draft; older peers ignore the numbers). */
#ifndef P2P_STACK_CODES_H
#define P2P_STACK_CODES_H

#include <stdint.h>

/* Codes of connections, and of streams; 0 says nothing. */
enum p2p__code {
    P2P__CODE_NONE = 0,
    P2P__CODE_CONN_GATED = 0x1001,
    P2P__CODE_CONN_LIMIT = 0x1002,
    P2P__CODE_STREAM_NOPROTO = 0x1001,
    P2P__CODE_STREAM_LIMIT = 0x1002,
    P2P__CODE_STREAM_PROTO = 0x1005
};

/* What is told of a connection, or a stream, that ends by this status. A
 * broken protocol is not for us to tell: the session has its own word for it.
 */
uint32_t p2p__code_of_conn(int status);
uint32_t p2p__code_of_stream(int status);

/* The status that a peer's code is; `none` for one that says nothing to us. */
int p2p__code_conn_status(uint64_t code, int none);
int p2p__code_stream_status(uint64_t code, int none);

#endif
