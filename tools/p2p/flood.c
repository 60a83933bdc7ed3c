/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `flood T SIZE COUNT [RATE/s]`: many messages, paced or as fast as it goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "node.h"

#define TICK_MS 5
/* Messages a tick when no rate is given. */
#define BURST 64

struct flood {
    struct node *node;
    struct p2p_timer *timer;
    char topic[256];
    uint8_t *data;
    size_t size;
    uint64_t count;
    uint64_t sent;
    uint64_t rate;
    uint64_t dropped; /* before the flood: queues that were full */
    uint64_t started_ns;
};

/* Messages that did not fit into a peer's queue, since the start. */
static uint64_t dropped(const struct node *n)
{
    struct p2p_pubsub_stats s;

    p2p_pubsub_stats(n->pubsub, &s, sizeof s);
    return s.dropped;
}

static void finish(struct flood *f, int status)
{
    uint64_t ns = p2p_loop_now_ns(f->node->loop) - f->started_ns;
    struct json j;

    json_begin(&j, "reply");
    json_text(&j, "cmd", "flood");
    json_bool(&j, "ok", status >= 0);
    if (status < 0) {
        json_text(&j, "error", p2p_err_text(status));
    }
    json_uint(&j, "sent", f->sent);
    json_uint(&j, "dropped", dropped(f->node) - f->dropped);
    json_real(&j, "seconds", (double)ns / 1e9);
    json_end(&j);
    p2p_timer_free(f->timer);
    free(f->data);
    free(f);
}

/* How many messages should have gone by now. */
static uint64_t due(const struct flood *f)
{
    uint64_t ns = p2p_loop_now_ns(f->node->loop) - f->started_ns;
    uint64_t n = f->rate == 0
                     ? f->sent + BURST
                     : (uint64_t)((double)ns / 1e9 * (double)f->rate) + 1;

    return n < f->count ? n : f->count;
}

static void on_tick(void *user)
{
    struct flood *f = user;
    uint64_t until = due(f);

    while (f->sent < until) {
        int rv;

        (void)snprintf((char *)f->data, f->size, "%016llx",
                       (unsigned long long)f->sent);
        rv = p2p_pubsub_publish(f->node->pubsub, f->topic, f->data, f->size);
        if (rv == P2P_ELIMIT) {
            return; /* queues are full: go on with the next tick */
        }
        if (rv < 0) {
            finish(f, rv);
            return;
        }
        f->sent++;
    }
    if (f->sent == f->count) {
        finish(f, 0);
    }
}

void node_flood(struct node *n, const char *cmd, char *rest)
{
    struct flood *f = calloc(1, sizeof *f);
    unsigned long long size = 0, count = 0, rate = 0;

    if (f == NULL) {
        abort();
    }
    if (rest == NULL ||
        sscanf(rest, "%255s %llu %llu %llu", f->topic, &size, &count, &rate) <
            3 ||
        size < 17 || size > 1024 * 1024 || count == 0) {
        free(f);
        node_reply(cmd, P2P_EINVAL);
        return;
    }
    f->node = n;
    f->size = (size_t)size;
    f->count = count;
    f->rate = rate;
    f->data = calloc(1, f->size);
    f->dropped = dropped(n);
    f->started_ns = p2p_loop_now_ns(n->loop);
    if (f->data == NULL || p2p_timer_new(n->loop, 1, rate == 0 ? 1 : TICK_MS,
                                         on_tick, f, &f->timer) != 0) {
        abort();
    }
}
