/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Many datagrams in one system call: UDP_SEGMENT cuts what is sent into them,
 * UDP_GRO joins what came; three times the throughput of one each. With the
 * code point of ECN, and never fragments.
 */
#ifndef P2P_UV_RUNS_H
#define P2P_UV_RUNS_H

#include "uv/tcp.h"

/* Of a datagram that was not delivered, as much as is looked at. */
#define P2P__UV_SENT_BYTES 64U

/* What the network says of a datagram that we sent. */
struct p2p__uv_run_error {
    int status; /* P2P_EREFUSED, P2P_EUNREACH; 0: nothing that counts */
    struct p2p__addr to;
    size_t len;
    uint8_t bytes[P2P__UV_SENT_BYTES]; /* its beginning */
};

/* Makes a socket of a family fit for runs, as far as the system lets us. */
void p2p__uv_run_setup(int fd, uint8_t family);

/*
 * Sends a run, or one datagram of it. Errors: P2P_EAGAIN (no room now),
 * P2P_ENOTSUP (not more than one at once), others (it is lost).
 */
int p2p__uv_run_send(int fd, const uint8_t *buf, size_t len,
                     const struct p2p__udp_run *run);

/* Receives what came together; returns its bytes (0: nothing that counts) or
 * -1 when nothing is there. */
ssize_t p2p__uv_run_receive(int fd, const uv_buf_t *buf,
                            struct p2p__udp_run *run);

/* Takes what the network said about one datagram; false: it said nothing. */
bool p2p__uv_run_error(int fd, struct p2p__uv_run_error *out);

#endif
