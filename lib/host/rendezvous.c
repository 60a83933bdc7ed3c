/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Who asks a rendezvous point: registers, takes it back, looks for others.
 * Happy path: one request on a stream of its own, and what the point says goes
 * to the application. Failure modes: the point cannot be reached, is none,
 * refuses, or says what does not answer the request.
 */
#include "p2p/rendezvous.h"

#include "base/mem.h"
#include "host/ask.h"
#include "ident/record.h"
#include "proto/rendezvous/msg.h"

/* The addresses of a found peer that are told. */
#define P2P__CAP_FOUND_ADDRS 16

/* A request that waits for its answer. */
struct request {
    enum p2p__rendezvous_type type;
    p2p_rendezvous_registered registered; /* or NULL */
    const struct p2p_rendezvous_events *events;
    void *user;
    /* Of a registration. */
    struct p2p_host *host;
    struct p2p_peer_id point;
    uint32_t ttl_s;
    bool rust; /* with a record in rust's form */
    char ns[P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES + 1];
};

static int enter(const struct request *q);

/* What a point says, in our codes. */
static int error_of(uint64_t status)
{
    switch (status) {
        case P2P__RENDEZVOUS_OK:
            return 0;
        case P2P__RENDEZVOUS_INVALID_NAMESPACE:
        case P2P__RENDEZVOUS_INVALID_RECORD:
        case P2P__RENDEZVOUS_INVALID_TTL:
            return P2P_EINVAL;
        case P2P__RENDEZVOUS_INVALID_COOKIE:
            return P2P_ENOTFOUND;
        case P2P__RENDEZVOUS_NOT_AUTHORIZED:
            return P2P_EACCES;
        case P2P__RENDEZVOUS_INTERNAL_ERROR:
            return P2P_EIO;
        case P2P__RENDEZVOUS_UNAVAILABLE:
            return P2P_ELIMIT;
        default:
            return P2P_EPROTO;
    }
}

/* Tells of a peer, if it signed what is told. */
static void tell_found(const struct request *q,
                       const struct p2p__rendezvous_found *one)
{
    struct p2p_multiaddr addrs[P2P__CAP_FOUND_ADDRS];
    char ns[P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES + 1];
    struct p2p_rendezvous_peer peer = {
        .ns = ns,
        .addrs = addrs,
        .ttl_s = (uint32_t)p2p__min(one->ttl_s, (uint64_t)UINT32_MAX)};
    struct p2p__record_walk walk;
    struct p2p__record record;

    if (one->ns.len >= sizeof ns || memchr(one->ns.p, 0, one->ns.len) != NULL ||
        p2p__record_open(one->record, &record) != 0) {
        return;
    }
    memcpy(ns, one->ns.p, one->ns.len);
    ns[one->ns.len] = '\0';
    peer.peer = record.peer;
    p2p__record_walk_init(&walk, &record);
    while (peer.n_addrs < P2P__CAP_FOUND_ADDRS &&
           p2p__record_walk_next(&walk, &addrs[peer.n_addrs])) {
        p2p_multiaddr_strip_peer(&addrs[peer.n_addrs]);
        peer.n_addrs += addrs[peer.n_addrs].len > 0;
    }
    q->events->found(q->user, &peer);
}

static void discovered(const struct request *q, int status,
                       const struct p2p__rendezvous_msg *msg)
{
    struct p2p_rendezvous_cookie cookie = {0};
    struct p2p__rendezvous_found one;
    struct p2p__rendezvous_walk walk;

    if (status == 0 && msg->cookie.len > sizeof cookie.bytes) {
        status = P2P_ETOOBIG;
    }
    if (status == 0) {
        cookie.len = msg->cookie.len;
        memcpy(cookie.bytes, msg->cookie.p, cookie.len);
        p2p__rendezvous_walk_init(&walk, msg);
        while (p2p__rendezvous_walk_next(&walk, &one)) {
            tell_found(q, &one);
        }
    }
    if (q->events->done != NULL) {
        q->events->done(q->user, status, &cookie);
    }
}

/* Whether the point reads no such record: those of rust reset the stream, or
 * end it without an answer. */
static bool is_refused(const struct request *q, int status, uint64_t said)
{
    return q->type == P2P__RENDEZVOUS_REGISTER && !q->rust &&
           (status == P2P_ERESET || status == P2P_EPROTO ||
            (status == 0 && said == P2P__RENDEZVOUS_INVALID_RECORD));
}

static void on_answer(void *user, int status, struct p2p__slice answer,
                      p2p_ns now)
{
    struct request *q = user;
    struct p2p__rendezvous_msg msg = {.type = q->type};

    (void)now;
    if (status == 0) {
        status = p2p__rendezvous_answer(answer, q->type, &msg);
    }
    if (is_refused(q, status, msg.status)) {
        q->rust = true;
        if (enter(q) == 0) {
            p2p__free(q);
            return;
        }
    }
    if (status == 0) {
        status = error_of(msg.status);
    }
    if (q->type == P2P__RENDEZVOUS_DISCOVER) {
        discovered(q, status, &msg);
    } else if (q->registered != NULL) {
        q->registered(
            q->user, status,
            (uint32_t)p2p__min(msg.ttl_s, (uint64_t)P2P__CAP_RENDEZVOUS_TTL_S));
    }
    p2p__free(q);
}

/* Sends a request; `as` is what waits for its answer, copied. */
static int ask(struct p2p_host *h, const struct p2p_peer_id *point,
               const struct p2p__rendezvous_msg *msg, const struct request *as)
{
    struct p2p__ask_want want = {.peer = point,
                                 .protocol = P2P__RENDEZVOUS_PROTOCOL,
                                 .path = P2P__PATH_ANY,
                                 .timeout = P2P__RENDEZVOUS_TIMEOUT};
    struct request *q = p2p__memdup(as, sizeof *as);
    int rv = q == NULL ? P2P_ENOMEM : 0;

    if (rv == 0) {
        q->type = msg->type;
        rv = p2p__rendezvous_request(msg, &want.request);
    }
    if (msg->type != P2P__RENDEZVOUS_UNREGISTER) {
        want.cap = P2P__CAP_RENDEZVOUS_ANSWER_BYTES;
    }
    if (rv == 0) {
        rv = p2p__host_ask(h, &want, on_answer, q, NULL);
    }
    if (rv != 0) {
        p2p__free(q);
    }
    return rv;
}

/* Our addresses in a record of rust's form; *buf is to be freed. */
static int make_rust_record(struct p2p_host *h, uint8_t **buf,
                            struct p2p__slice *out)
{
    struct p2p_multiaddr addrs[P2P__CAP_OWN_ADDRS];
    const struct p2p__record_content content = {
        .seq = (uint64_t)h->env.wall_ns(&h->env),
        .addrs = addrs,
        .count = p2p__host_signed_addrs(h, addrs),
        .rust = true};
    int len;

    *buf = p2p__alloc(P2P__CAP_ENVELOPE_BYTES);
    if (*buf == NULL) {
        return P2P_ENOMEM;
    }
    len = p2p__record_seal(h->key, &content, *buf, P2P__CAP_ENVELOPE_BYTES);
    *out = p2p__slice_of(*buf, len > 0 ? (size_t)len : 0);
    return len < 0 ? len : 0;
}

/* Sends a registration. */
static int enter(const struct request *q)
{
    struct p2p__rendezvous_msg msg = {.type = P2P__RENDEZVOUS_REGISTER,
                                      .ns = p2p__slice_of(q->ns, strlen(q->ns)),
                                      .ttl_s = q->ttl_s};
    uint8_t *made = NULL;
    int rv = q->rust ? make_rust_record(q->host, &made, &msg.record)
                     : p2p__host_identify_record(q->host, &msg.record);

    if (rv == 0) {
        rv = ask(q->host, &q->point, &msg, q);
    }
    p2p__free(made);
    return rv;
}

/* The name of a namespace, if it is one. */
static int name(const char *ns, struct p2p__slice *out)
{
    const size_t len = ns != NULL ? strlen(ns) : 0;

    *out = p2p__slice_of(ns, len);
    return len > 0 && len <= P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES ? 0
                                                                 : P2P_EINVAL;
}

int p2p_rendezvous_register(struct p2p_host *host,
                            const struct p2p_peer_id *point, const char *ns,
                            uint32_t ttl_s, p2p_rendezvous_registered done,
                            void *user)
{
    struct request as = {.registered = done,
                         .user = user,
                         .host = host,
                         .point = *point,
                         .ttl_s = ttl_s};
    struct p2p__slice text;
    int rv = name(ns, &text);

    if (rv == 0 && p2p_host_addrs(host, NULL, 0) == 0) {
        rv = P2P_ENOADDR;
    }
    if (rv == 0) {
        memcpy(as.ns, text.p, text.len);
        rv = enter(&as);
    }
    return rv;
}

int p2p_rendezvous_unregister(struct p2p_host *host,
                              const struct p2p_peer_id *point, const char *ns,
                              p2p_rendezvous_registered done, void *user)
{
    const struct request as = {.registered = done, .user = user};
    struct p2p__rendezvous_msg msg = {.type = P2P__RENDEZVOUS_UNREGISTER};
    int rv = name(ns, &msg.ns);

    return rv == 0 ? ask(host, point, &msg, &as) : rv;
}

int p2p_rendezvous_discover(struct p2p_host *host,
                            const struct p2p_peer_id *point,
                            const struct p2p_rendezvous_search *search,
                            const struct p2p_rendezvous_events *events,
                            void *user)
{
    const struct request as = {.events = events, .user = user};
    const struct p2p_rendezvous_cookie *cookie = search->cookie;
    struct p2p__rendezvous_msg msg = {.type = P2P__RENDEZVOUS_DISCOVER,
                                      .limit = search->limit};
    int rv = search->ns == NULL ? 0 : name(search->ns, &msg.ns);

    if (events == NULL || events->found == NULL ||
        (cookie != NULL && cookie->len > sizeof cookie->bytes)) {
        return P2P_EINVAL;
    }
    if (cookie != NULL) {
        msg.cookie = p2p__slice_of(cookie->bytes, cookie->len);
    }
    return rv == 0 ? ask(host, point, &msg, &as) : rv;
}
