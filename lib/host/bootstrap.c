/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Peers to begin with. Happy path: a host that is connected with nobody dials
 * the first of them, which knows others. Failure mode: it does not answer, or
 * hangs up at once, and the next one is dialed; after the last there is a
 * pause, which doubles, and all are dialed again, for as long as nobody is
 * connected.
 */
#include "base/mem.h"
#include "host/internal.h"

/* Peers that are remembered. */
#define MOST 32U

/* Pauses between rounds: the first, and the longest. */
#define FIRST_NS   P2P__SEC(5)
#define LONGEST_NS P2P__SEC(300)

struct p2p__host_bootstrap {
    struct p2p_host *host;
    struct p2p__timer timer; /* when the next one is dialed */
    struct p2p_multiaddr list[MOST];
    size_t n;
    size_t next;
    size_t failed; /* in a row */
    p2p_ns pause;
    p2p_ns opened_at; /* the last one let us in; 0: none has */
    bool dialing;
};

static bool is_alone(const struct p2p_host *h)
{
    P2P__LIST_EACH (it, &h->swarm->conns) {
        if (P2P__CONTAINER(it, struct p2p__conn, link)->state ==
            P2P__CONN_OPEN) {
            return false;
        }
    }
    return true;
}

/* One did not answer: the next, or a pause. */
static void go_on(struct p2p__host_bootstrap *b, p2p_ns now)
{
    b->next = (b->next + 1) % b->n;
    if (++b->failed < b->n) {
        p2p__timer_set(&b->timer, now);
        return;
    }
    b->failed = 0;
    p2p__timer_set(&b->timer, p2p__ns_after(now, b->pause));
    b->pause = p2p__ns_min(2 * b->pause, LONGEST_NS);
}

static void on_dialed(void *user, int status, struct p2p__conn *c, p2p_ns now)
{
    struct p2p__host_bootstrap *b = user;
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)c;
    b->dialing = false;
    if (status == 0) {
        b->opened_at = now;
    } else if (!b->host->swarm->closing) {
        P2P__LOG(b->host->env.log, INFO, "bootstrap.failed addr=%s: %s",
                 p2p_multiaddr_text(&b->list[b->next], text),
                 p2p_err_text(status));
        go_on(b, now);
    }
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__host_bootstrap *b =
        P2P__CONTAINER(timer, struct p2p__host_bootstrap, timer);
    int rv;

    if (b->dialing || b->host->swarm->closing || !is_alone(b->host)) {
        return;
    }
    rv = p2p__dial_addr(b->host->swarm, &b->list[b->next], on_dialed, b, now);
    b->dialing = rv == 0;
    if (rv != 0) {
        go_on(b, now);
    }
}

void p2p__host_bootstrap_gone(struct p2p_host *h, p2p_ns now)
{
    struct p2p__host_bootstrap *b = h->bootstrap;

    if (b == NULL || b->dialing) {
        return;
    }
    if (b->opened_at != 0 && now - b->opened_at < FIRST_NS) {
        go_on(b, now); /* it is full: that it let us in is nothing */
        return;
    }
    b->failed = 0;
    b->pause = FIRST_NS;
    p2p__timer_set(&b->timer, now); /* it looks when that is over */
}

static struct p2p__host_bootstrap *make(struct p2p_host *h)
{
    struct p2p__host_bootstrap *b = p2p__zalloc(sizeof *b);

    if (b != NULL) {
        b->host = h;
        b->pause = FIRST_NS;
        p2p__timer_init(&b->timer, h->world->q, on_due);
    }
    return b;
}

int p2p_host_bootstrap(struct p2p_host *host, const char *addr)
{
    struct p2p_multiaddr ma;
    int rv = p2p_multiaddr_from_text(addr, strlen(addr), &ma);

    if (rv != 0) {
        return rv;
    }
    if (host->bootstrap == NULL) {
        host->bootstrap = make(host);
    }
    if (host->bootstrap == NULL) {
        return P2P_ENOMEM;
    }
    if (host->bootstrap->n == MOST) {
        return P2P_ELIMIT;
    }
    host->bootstrap->list[host->bootstrap->n++] = ma;
    p2p__timer_set(&host->bootstrap->timer, p2p__host_now(host));
    return 0;
}

void p2p__host_bootstrap_fini(struct p2p_host *h)
{
    if (h->bootstrap != NULL) {
        p2p__timer_fini(&h->bootstrap->timer);
        p2p__free(h->bootstrap);
        h->bootstrap = NULL;
    }
}
