/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See names.h. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/mdns/dns.h"

static struct p2p__dns_query *query(struct p2p__resolver *dns, const char *name,
                                    void *user, int *err)
{
    struct names *n = P2P__CONTAINER(dns, struct names, dns);
    struct p2p__dns_query *q;

    *err = n->err;
    if (*err != 0) {
        return NULL;
    }
    q = calloc(1, sizeof *q);
    if (q == NULL) {
        abort();
    }
    q->next = n->asked;
    q->user = user;
    (void)snprintf(q->name, sizeof q->name, "%s", name);
    n->asked = q;
    n->queries++;
    return q;
}

static struct p2p__dns_query *resolve(struct p2p__resolver *dns,
                                      const char *name, uint8_t family,
                                      void (*done)(void *user, int status,
                                                   const struct p2p__addr *at,
                                                   size_t count, p2p_ns now),
                                      void *user, int *err)
{
    struct p2p__dns_query *q = query(dns, name, user, err);

    if (q != NULL) {
        q->addrs = done;
        q->family = family;
    }
    return q;
}

static struct p2p__dns_query *texts(struct p2p__resolver *dns, const char *name,
                                    void (*done)(void *user, int status,
                                                 const uint8_t *msg, size_t len,
                                                 p2p_ns now),
                                    void *user, int *err)
{
    struct p2p__dns_query *q = query(dns, name, user, err);

    if (q != NULL) {
        q->texts = done;
    }
    return q;
}

static void cancel(struct p2p__resolver *dns, struct p2p__dns_query *q)
{
    struct names *n = P2P__CONTAINER(dns, struct names, dns);
    struct p2p__dns_query **at = &n->asked;

    while (*at != q) {
        at = &(*at)->next;
    }
    *at = q->next;
    free(q);
    n->cancelled++;
}

void names_init(struct names *n, struct sim *sim)
{
    *n = (struct names){
        .dns = {.resolve = resolve, .texts = texts, .cancel = cancel},
        .sim = sim};
    sim->hosts[0].world.dns = &n->dns;
}

/* Takes the last query; it must be of this kind. */
static struct p2p__dns_query *take(struct names *n, bool is_text)
{
    struct p2p__dns_query *q = n->asked;

    if (q == NULL || (q->texts != NULL) != is_text) {
        abort();
    }
    n->asked = q->next;
    return q;
}

void names_answer(struct names *n, int status, int first, size_t count)
{
    struct p2p__addr at[4] = {{0}};
    struct p2p__dns_query *q = take(n, false);

    for (size_t i = 0; i < count; i++) {
        at[i] = n->sim->hosts[(size_t)first - 1 + i].addr;
    }
    q->addrs(q->user, status, at, count, n->sim->now);
    free(q);
}

void names_answer_msg(struct names *n, int status, const void *msg, size_t len)
{
    struct p2p__dns_query *q = take(n, true);

    q->texts(q->user, status, msg, len, n->sim->now);
    free(q);
}

/* A text in strings that are as long as they can be. */
static void put_text(struct p2p__dnsw *w, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        const uint8_t len = (uint8_t)p2p__min(left, UINT8_MAX);

        p2p__dnsw_bytes(w, &len, 1);
        p2p__dnsw_bytes(w, text, len);
        text += len;
        left -= len;
    }
}

size_t names_message(const char *const *list, uint8_t *buf, size_t cap)
{
    struct p2p__dnsw w;
    int len;

    p2p__dnsw_init(&w, buf, cap, 7, P2P__DNS_RESPONSE);
    p2p__dnsw_question(&w, "_dnsaddr.b.example", P2P__DNS_TXT);
    for (; *list != NULL; list++) {
        size_t mark = p2p__dnsw_open(&w, P2P__DNS_ANSWER, "_dnsaddr.b.example",
                                     P2P__DNS_TXT, 60);

        put_text(&w, *list);
        p2p__dnsw_close(&w, mark);
    }
    len = p2p__dnsw_end(&w);
    if (len < 0) {
        abort();
    }
    return (size_t)len;
}

void names_answer_texts(struct names *n, const char *const *list)
{
    uint8_t msg[9000];

    names_answer_msg(n, 0, msg, names_message(list, msg, sizeof msg));
}
