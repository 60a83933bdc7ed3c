/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * With an id in the address the library keeps the peer. Without one we dial
 * ourselves: whoever answers there is the peer, and may be another one after
 * it was set up anew. Failure: tried again, after a pause that doubles.
 */
#include "mesh/bus/named.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MIN_MS 250U
#define PAUSE_MAX_MS 30000U

struct um_named {
    struct um_named *next;
    struct p2p_loop *loop;
    struct p2p_host *host;
    const struct um_log *log;
    const char *text;
    struct p2p_timer *timer; /* NULL: no dial waits */
    uint64_t pause_ms;
    struct p2p_peer_id peer; /* who answered */
    bool connected;
    bool closed;
};

static void dial(void *user);

static void dial_later(struct um_named *n)
{
    assert(n->timer == NULL);
    if (!n->closed &&
        p2p_timer_new(n->loop, n->pause_ms, 0, dial, n, &n->timer) != 0) {
        um_log_line(n->log, UM_LOG_ERROR, "--peer %s: out of memory", n->text);
    }
    n->pause_ms *= 2;
    n->pause_ms = n->pause_ms < PAUSE_MAX_MS ? n->pause_ms : PAUSE_MAX_MS;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct um_named *n = user;

    if (n->closed) {
        return;
    }
    if (status == 0) {
        n->peer = *peer;
        n->connected = true;
        n->pause_ms = PAUSE_MIN_MS;
        return;
    }
    if (status == P2P_ESELF) {
        um_log_line(n->log, UM_LOG_WARN, "--peer %s is this node", n->text);
        return;
    }
    /* Said once; silence means that it goes on trying. */
    um_log_line(n->log,
                n->pause_ms == PAUSE_MIN_MS ? UM_LOG_WARN : UM_LOG_DEBUG,
                "--peer %s: %s; trying again", n->text, p2p_err_text(status));
    dial_later(n);
}

static void dial(void *user)
{
    struct um_named *n = user;
    int rv;

    p2p_timer_free(n->timer);
    n->timer = NULL;
    rv = p2p_host_dial(n->host, n->text, on_dialed, n);
    if (rv == P2P_ESELF) {
        um_log_line(n->log, UM_LOG_WARN, "--peer %s is this node", n->text);
    } else if (rv != 0) {
        dial_later(n);
    }
}

/* An address with an id: the library dials and keeps it. */
static int keep(struct p2p_host *host, const char *text,
                const struct p2p_peer_id *id)
{
    int rv = p2p_host_add_addr(host, text, 0);

    return rv != 0 ? rv : p2p_host_keep(host, id, true);
}

int um_named_add(struct um_named **list, struct p2p_loop *loop,
                 struct p2p_host *host, const char *text,
                 const struct um_log *log)
{
    struct p2p_multiaddr ma;
    struct p2p_peer_id id;
    struct um_named *n;
    int rv = p2p_multiaddr_from_text(text, strlen(text), &ma);

    if (rv != 0) {
        return rv;
    }
    if (p2p_multiaddr_peer(&ma, &id)) {
        return keep(host, text, &id);
    }
    n = calloc(1, sizeof *n);
    if (n == NULL) {
        return P2P_ENOMEM;
    }
    *n = (struct um_named){.next = *list,
                           .loop = loop,
                           .host = host,
                           .log = log,
                           .text = text,
                           .pause_ms = PAUSE_MIN_MS};
    rv = p2p_host_dial(host, text, on_dialed, n);
    if (rv != 0) {
        free(n);
        return rv;
    }
    *list = n;
    return 0;
}

bool um_named_among(const char *const *texts, size_t n,
                    const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < n; i++) {
        struct p2p_multiaddr ma;
        struct p2p_peer_id named;

        if (p2p_multiaddr_from_text(texts[i], strlen(texts[i]), &ma) == 0 &&
            p2p_multiaddr_peer(&ma, &named) &&
            p2p_peer_id_equal(&named, peer)) {
            return true;
        }
    }
    return false;
}

void um_named_gone(struct um_named *list, const struct p2p_peer_id *peer)
{
    for (struct um_named *n = list; n != NULL; n = n->next) {
        if (n->connected && p2p_peer_id_equal(&n->peer, peer)) {
            n->connected = false;
            dial_later(n);
        }
    }
}

void um_named_close(struct um_named *list)
{
    for (struct um_named *n = list; n != NULL; n = n->next) {
        p2p_timer_free(n->timer);
        n->timer = NULL;
        n->closed = true;
    }
}

void um_named_free(struct um_named *list)
{
    while (list != NULL) {
        struct um_named *n = list;

        list = n->next;
        free(n);
    }
}
