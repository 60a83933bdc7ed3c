/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loop's inside, for lib/host: the ports and the run queue. */
#ifndef P2P_UV_LOOP_H
#define P2P_UV_LOOP_H

#include <uv.h>

#include "base/turn.h"
#include "p2p/loop.h"
#include "port/world.h"
#include "uv/dns.h"
#include "uv/ifaces.h"
#include "uv/tcp.h"

struct p2p__post {
    struct p2p__list link;
    void (*fn)(void *);
    void *arg;
};

struct p2p_loop {
    uv_loop_t *uv;
    uv_loop_t own;           /* used when the loop is ours */
    struct p2p__world world; /* what hosts stand on: the parts below */
    struct p2p__runq q;
    struct p2p__uv_net net;
    struct p2p__uv_dns dns;
    struct p2p__uv_ifaces ifaces;
    struct p2p__env env;
    uv_check_t check;     /* a turn after the kernel's events */
    uv_prepare_t prepare; /* a turn before waiting */
    uv_idle_t idle;       /* active while jobs are left: do not wait */
    uv_timer_t timer;     /* the next deadline */
    uv_async_t async;     /* posts of other threads */
    uv_mutex_t mutex;     /* guards posts */
    struct p2p__list posts;
    p2p_ns armed; /* what `timer` is set to */
    bool ours;
    bool idling;
    int closing; /* handles that have yet to close */
};

#endif
