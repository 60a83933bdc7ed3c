/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A query is freed when its worker ends, cancelled or not; one for texts that
 * has no worker yet, when it is cancelled. */
#include "uv/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include "base/mem.h"
#include "uv/addr.h"
#include "uv/errors.h"

#define MAX_ANSWERS 16

/* Queries for texts under way at once. Of libuv's four workers getaddrinfo()
 * has two: one is free for what goes to disk. */
#define MAX_ASKING 1U

/* Bytes of an answer; one that is longer is not read, see dnsaddr.h. */
#define ANSWER_MAX 9000

struct p2p__dns_query {
    union {
        uv_req_t any;
        uv_getaddrinfo_t addrs;
        uv_work_t texts;
    } req;
    struct p2p__list link; /* of texts: in waiting */
    struct p2p__uv_dns *dns;
    union {
        void (*addrs)(void *user, int status, const struct p2p__addr *at,
                      size_t count, p2p_ns now);
        void (*texts)(void *user, int status, const uint8_t *msg, size_t len,
                      p2p_ns now);
    } done;
    void *user;
    bool cancelled;
    /* The worker's, of texts. */
    int answer_len; /* < 0: error */
    int error;      /* of the resolver, h_errno */
    uint8_t *answer;
    char name[NS_MAXDNAME];
};

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
    struct p2p__dns_query *q =
        P2P__CONTAINER(req, struct p2p__dns_query, req.addrs);
    struct p2p__addr at[MAX_ANSWERS];
    size_t count = 0;

    for (const struct addrinfo *a = res; a != NULL && count < MAX_ANSWERS;
         a = a->ai_next) {
        p2p__uv_from_sockaddr(a->ai_addr, &at[count]);
        count += at[count].family != 0 ? 1 : 0;
    }
    uv_freeaddrinfo(res);
    q->dns->pending--;
    if (!q->cancelled) {
        int err = status < 0   ? p2p__uv_err(status)
                  : count == 0 ? P2P_ENOTFOUND
                               : 0;

        q->done.addrs(q->user, err, at, count, uv_hrtime());
    }
    p2p__free(q);
}

static struct p2p__dns_query *resolve(
    struct p2p__resolver *dns, const char *name, uint8_t family,
    void (*done)(void *, int, const struct p2p__addr *, size_t, p2p_ns),
    void *user, int *err)
{
    struct p2p__uv_dns *d = P2P__CONTAINER(dns, struct p2p__uv_dns, dns);
    struct p2p__dns_query *q = p2p__zalloc(sizeof *q);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_family = family == 4   ? AF_INET
                                          : family == 6 ? AF_INET6
                                                        : AF_UNSPEC};

    if (q == NULL) {
        *err = P2P_ENOMEM;
        return NULL;
    }
    q->dns = d;
    q->done.addrs = done;
    q->user = user;
    *err = p2p__uv_err(
        uv_getaddrinfo(d->uv, &q->req.addrs, on_resolved, name, NULL, &hints));
    if (*err != 0) {
        p2p__free(q);
        return NULL;
    }
    d->pending++;
    return q;
}

/* On a worker: asks. Nothing else may look at the query meanwhile. */
static void ask(uv_work_t *req)
{
    struct p2p__dns_query *q =
        P2P__CONTAINER(req, struct p2p__dns_query, req.texts);
    struct __res_state state;

    memset(&state, 0, sizeof state);
    q->answer_len = -1;
    q->error = NETDB_INTERNAL;
    if (res_ninit(&state) != 0) {
        return;
    }
    if (q->dns->server.sin_port != 0) {
        state.nsaddr_list[0] = q->dns->server;
        state.nscount = 1;
        state.retrans = state.retry = 1;
    }
    q->answer_len =
        res_nquery(&state, q->name, ns_c_in, ns_t_txt, q->answer, ANSWER_MAX);
    q->error = q->answer_len < 0 ? state.res_h_errno : 0;
    res_nclose(&state);
}

static int error_of(int h_error)
{
    switch (h_error) {
        case HOST_NOT_FOUND:
        case NO_DATA:
            return P2P_ENOTFOUND;
        case TRY_AGAIN:
            return P2P_ETIMEDOUT;
        default:
            return P2P_EIO;
    }
}

static void start_waiting(struct p2p__uv_dns *d);

static void free_query(struct p2p__dns_query *q)
{
    p2p__free(q->answer);
    p2p__free(q);
}

static void on_asked(uv_work_t *req, int status)
{
    struct p2p__dns_query *q =
        P2P__CONTAINER(req, struct p2p__dns_query, req.texts);
    struct p2p__uv_dns *d = q->dns;
    int err = status < 0                   ? p2p__uv_err(status)
              : q->answer_len < 0          ? error_of(q->error)
              : q->answer_len > ANSWER_MAX ? P2P_ETOOBIG
                                           : 0;

    d->pending--;
    d->asking--;
    if (!q->cancelled) {
        q->done.texts(q->user, err, q->answer,
                      err == 0 ? (size_t)q->answer_len : 0, uv_hrtime());
    }
    free_query(q);
    start_waiting(d);
}

static void start_waiting(struct p2p__uv_dns *d)
{
    while (d->asking < MAX_ASKING) {
        struct p2p__list *link = p2p__list_pop(&d->waiting);
        struct p2p__dns_query *q;
        int rv;

        if (link == NULL) {
            return;
        }
        q = P2P__CONTAINER(link, struct p2p__dns_query, link);
        rv = uv_queue_work(d->uv, &q->req.texts, ask, on_asked);
        assert(rv == 0); /* only without a function */
        (void)rv;
        d->asking++;
        d->pending++;
    }
}

static struct p2p__dns_query *texts(struct p2p__resolver *dns, const char *name,
                                    void (*done)(void *, int, const uint8_t *,
                                                 size_t, p2p_ns),
                                    void *user, int *err)
{
    struct p2p__uv_dns *d = P2P__CONTAINER(dns, struct p2p__uv_dns, dns);
    struct p2p__dns_query *q = p2p__zalloc(sizeof *q);
    uint8_t *answer = p2p__zalloc(ANSWER_MAX);

    if (q == NULL || answer == NULL) {
        p2p__free(q);
        p2p__free(answer);
        *err = P2P_ENOMEM;
        return NULL;
    }
    *err = 0;
    q->dns = d;
    q->answer = answer;
    q->done.texts = done;
    q->user = user;
    assert(strlen(name) < sizeof q->name);
    memcpy(q->name, name, strlen(name) + 1);
    p2p__list_push(&d->waiting, &q->link);
    start_waiting(d);
    return q;
}

static void cancel(struct p2p__resolver *dns, struct p2p__dns_query *q)
{
    (void)dns;
    if (q->answer != NULL && !p2p__list_empty(&q->link)) {
        p2p__list_remove(&q->link);
        free_query(q);
        return;
    }
    q->cancelled = true;
    (void)uv_cancel(&q->req.any);
}

void p2p__uv_dns_init(struct p2p__uv_dns *d, uv_loop_t *uv)
{
    *d = (struct p2p__uv_dns){
        .dns = {.resolve = resolve, .texts = texts, .cancel = cancel},
        .uv = uv};
    p2p__list_init(&d->waiting);
}
