/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One measurement by /perf/1.0.0 whose progress can be looked at, which the
 * library's own does not show. Spec: libp2p perf. */
#ifndef TOOLS_HARNESS_RUN_H
#define TOOLS_HARNESS_RUN_H

#include <stdint.h>

#include <p2p/p2p.h>

struct run {
    uint64_t up;       /* bytes to send, */
    uint64_t down;     /* and to ask for */
    uint64_t sent;     /* so far */
    uint64_t received; /* so far */
    void (*done)(struct run *run, int status);
    void *user;
    struct p2p_stream *stream;
};

/* Begins it, dialing the peer if need be; done is called once. `up`, `down`,
 * `done` and `user` are the caller's to set; the rest is set here.
 * @param run  borrows until done
 * @param peer borrows the id
 * @return 0, or a negative code, and done is not called then */
int run_start(struct run *run, struct p2p_host *host,
              const struct p2p_peer_id *peer);

#endif
