/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A query is freed when its worker ends, cancelled or not. */
#include "uv/dns.h"

#include <netdb.h>

#include "base/mem.h"
#include "uv/addr.h"
#include "uv/errors.h"

#define MAX_ANSWERS 16

struct p2p__dns_query {
    uv_getaddrinfo_t req;
    struct p2p__uv_dns *dns;
    void (*done)(void *user, int status, const struct p2p__addr *at,
                 size_t count, p2p_ns now);
    void *user;
    bool cancelled;
};

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *res)
{
    struct p2p__dns_query *q = P2P__CONTAINER(req, struct p2p__dns_query, req);
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

        q->done(q->user, err, at, count, uv_hrtime());
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
    q->done = done;
    q->user = user;
    *err = p2p__uv_err(
        uv_getaddrinfo(d->uv, &q->req, on_resolved, name, NULL, &hints));
    if (*err != 0) {
        p2p__free(q);
        return NULL;
    }
    d->pending++;
    return q;
}

static void cancel(struct p2p__resolver *dns, struct p2p__dns_query *query)
{
    (void)dns;
    query->cancelled = true;
    (void)uv_cancel((uv_req_t *)&query->req);
}

void p2p__uv_dns_init(struct p2p__uv_dns *d, uv_loop_t *uv)
{
    *d = (struct p2p__uv_dns){.dns = {.resolve = resolve, .cancel = cancel},
                              .uv = uv};
}
