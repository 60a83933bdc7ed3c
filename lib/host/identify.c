/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * identify on streams. Each peer is asked once it is connected, and answers;
 * when our addresses or protocols change, in one later turn, all peers that
 * have answered are told by a push. What a peer tells goes to the application,
 * and its addresses into the book, better believed when it signed them.
 */
#include "base/mem.h"
#include "host/attach.h"
#include "host/autonat.h"
#include "proto/dcutr/msg.h"
#include "proto/identify/info.h"
#include "proto/identify/reader.h"
#include "proto/identify/self.h"
#include "proto/identify/writer.h"
#include "wire/maddr.h"

/* Addresses that a peer told are believed for so long after it is gone. */
#define TTL_NS P2P__SEC(3600)

struct p2p__host_identify {
    struct p2p_host *host;
    struct p2p__identify_self self;
    struct p2p__job job; /* something of ours changed */
    bool ready;          /* `self` has been told what we are */
    bool unsaid;         /* news that connected peers have not heard of */
};

/* What is known of a connected peer. Counted: peer->identify until it is gone,
 * and each stream that listens to it. */
struct acquaintance {
    struct p2p__identify_peer core;
    uint32_t refs;
    bool answered;
};

/* Listening to one peer on one stream. */
struct hearing {
    struct p2p__attach a;
    struct p2p__identify_reader core;
    struct p2p_host *host;
    struct p2p__peer *peer;     /* counted */
    struct acquaintance *known; /* counted */
    bool push;
};

/* Speaking on one stream. */
struct telling {
    struct p2p__attach a;
    struct p2p__identify_writer core;
};

static void acquaintance_unref(struct acquaintance *known)
{
    assert(known->refs > 0);
    if (--known->refs == 0) {
        p2p__free(known);
    }
}

static void add_addr(struct p2p__peer *peer, const struct p2p_multiaddr *ma,
                     enum p2p__addr_source source, p2p_ns now)
{
    (void)p2p__peer_add_addr(peer, ma->bytes, ma->len, source,
                             p2p__ns_after(now, TTL_NS));
}

/* The addresses of a message: those of the signed record, if there is one. */
static size_t take_addrs(struct p2p__peer *peer,
                         const struct p2p__identify_info *info,
                         struct p2p_multiaddr *out, p2p_ns now)
{
    size_t n = 0;

    if (info->record_status == 0) {
        struct p2p__record_walk walk;

        p2p__record_walk_init(&walk, &info->record);
        while (n < P2P__CAP_PEER_ADDRS &&
               p2p__record_walk_next(&walk, &out[n])) {
            p2p_multiaddr_strip_peer(&out[n]);
            add_addr(peer, &out[n++], P2P__ADDR_RECORD, now);
        }
    } else {
        struct p2p__identify_walk walk;

        p2p__identify_walk_init(&walk, info);
        while (n < P2P__CAP_PEER_ADDRS &&
               p2p__identify_next_addr(&walk, &out[n])) {
            add_addr(peer, &out[n++], P2P__ADDR_IDENTIFY, now);
        }
    }
    return n;
}

static char *text_of(char **at, const struct p2p__slice *s)
{
    char *text = *at;

    if (s->len > 0) {
        memcpy(text, s->p, s->len);
    }
    text[s->len] = '\0';
    *at += s->len + 1;
    return text;
}

/* The protocols as C strings, in one block that the caller frees. */
static size_t take_protocols(const struct p2p__identify_info *info,
                             const char **names, char **at)
{
    struct p2p__identify_walk walk;
    struct p2p__slice name;
    size_t n = 0;

    p2p__identify_walk_init(&walk, info);
    while (n < P2P__CAP_IDENTIFY_PROTOCOLS &&
           p2p__identify_next_protocol(&walk, &name)) {
        names[n++] = text_of(at, &name);
    }
    return n;
}

/* Room for what an event borrows. */
struct told {
    struct p2p_multiaddr addrs[P2P__CAP_PEER_ADDRS];
    const char *names[P2P__CAP_IDENTIFY_PROTOCOLS];
    char text[];
};

static void tell_application(struct hearing *s,
                             const struct p2p__identify_info *info, p2p_ns now)
{
    struct told *told =
        p2p__alloc(sizeof *told + info->message.len + info->agent.len +
                   info->version.len + P2P__CAP_IDENTIFY_PROTOCOLS + 2);
    struct p2p_peer_info out = {
        .peer = s->peer->id,
        .observed = info->observed,
        .signed_record =
            info->record_status == 0 || info->record_status == P2P_EDUP,
        .push = s->push};
    char *at;

    if (told == NULL) {
        return;
    }
    at = told->text;
    out.agent = text_of(&at, &info->agent);
    out.protocol_version = text_of(&at, &info->version);
    out.n_protocols = take_protocols(info, told->names, &at);
    out.n_addrs = take_addrs(s->peer, info, told->addrs, now);
    out.protocols = told->names;
    out.addrs = told->addrs;
    p2p__host_kad_identified(s->host, s->peer, &out, now);
    if (s->host->events->identified != NULL) {
        s->host->events->identified(s->host->user, &out);
    }
    p2p__free(told);
}

/* Whether a peer tells that it speaks a protocol. */
static bool speaks(const struct p2p__identify_info *info, const char *protocol)
{
    struct p2p__identify_walk walk;
    struct p2p__slice name;

    p2p__identify_walk_init(&walk, info);
    while (p2p__identify_next_protocol(&walk, &name)) {
        if (name.len == strlen(protocol) &&
            memcmp(name.p, protocol, name.len) == 0) {
            return true;
        }
    }
    return false;
}

static void hearing_events(void *user, p2p_ns now)
{
    struct hearing *s = user;
    const struct p2p__identify_info *info = p2p__identify_reader_next(&s->core);

    if (info == NULL) {
        return;
    }
    s->known->answered = true;
    if (s->a.stream != NULL && s->a.stream->conn != NULL) {
        p2p__host_autonat_identified(s->host, s->a.stream->conn, info);
    }
    tell_application(s, info, now);
    if (s->a.stream != NULL && s->a.stream->conn != NULL) {
        const struct p2p__dcutr_news news = {
            .conn = s->a.stream->conn,
            .seen = &info->observed,
            .speaks = s->push && speaks(info, P2P__DCUTR_PROTOCOL)};

        p2p__host_dcutr_identified(s->host, &news, now);
    }
}

static void hearing_done(void *user, int status, p2p_ns now)
{
    struct hearing *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__identify_reader_fini(&s->core);
    acquaintance_unref(s->known);
    p2p__peer_unref(s->peer);
    p2p__free(s);
}

static const struct p2p__attach_cb hearing_cb = {
    .events = hearing_events,
    .done = hearing_done,
};

/* Listens to what comes on a stream. 0 or P2P_ENOMEM. */
static int hear(struct p2p_host *h, struct p2p_stream *stream, bool push,
                p2p_ns now)
{
    struct acquaintance *known = stream->peer->identify;
    struct p2p__identify_reader_cfg cfg = {.peer = &known->core,
                                           .quota = &stream->peer->quota};
    struct hearing *s = p2p__zalloc(sizeof *s);

    if (s == NULL) {
        return P2P_ENOMEM;
    }
    s->host = h;
    s->peer = p2p__peer_ref(stream->peer);
    s->known = known;
    known->refs++;
    s->push = push;
    p2p__attach_init(&s->a, h, &hearing_cb, s);
    cfg.owner = &s->a.job;
    p2p__identify_reader_init(&s->core, &cfg, now);
    p2p__attach_start(&s->a, stream, &p2p__identify_reader_ops, &s->core);
    return 0;
}

static void telling_events(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void telling_done(void *user, int status, p2p_ns now)
{
    struct telling *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__identify_writer_fini(&s->core);
    p2p__free(s);
}

static const struct p2p__attach_cb telling_cb = {
    .events = telling_events,
    .done = telling_done,
};

size_t p2p__host_signed_addrs(struct p2p_host *h, struct p2p_multiaddr *out)
{
    const size_t n = p2p__min(p2p_host_addrs(h, out, P2P__CAP_OWN_ADDRS),
                              P2P__CAP_OWN_ADDRS);

    for (size_t i = 0; i < n; i++) {
        p2p_multiaddr_strip_peer(&out[i]);
    }
    return n;
}

/* Gathers what we are now; 1 when it is news, 0, or a negative code. */
static int refresh(struct p2p__host_identify *id)
{
    struct p2p_multiaddr addrs[P2P__CAP_OWN_ADDRS];
    const char *names[P2P__CAP_HANDLERS];
    struct p2p__identify_content content = {.addrs = addrs, .protocols = names};
    int rv;

    content.n_addrs = p2p__host_signed_addrs(id->host, addrs);
    P2P__LIST_EACH (it, &id->host->swarm->handlers.list) {
        const struct p2p__handler *e =
            P2P__CONTAINER(it, struct p2p__handler, link);

        if (e->accept != NULL && content.n_protocols < P2P__CAP_HANDLERS) {
            names[content.n_protocols++] = e->name;
        }
    }
    rv = p2p__identify_self_set(&id->self, &content);
    id->ready = id->ready || rv >= 0;
    return rv;
}

int p2p__host_identify_record(struct p2p_host *h, struct p2p__slice *out)
{
    struct p2p__host_identify *id = h->identify;
    const bool was_ready = id->ready;
    int rv = refresh(id);

    *out = (struct p2p__slice){0};
    if (rv == 1 && was_ready) {
        id->unsaid = true; /* the job tells those who know us */
        p2p__mark(&id->job);
    }
    if (rv >= 0) {
        *out = p2p__identify_self_record(&id->self);
    }
    return rv < 0 ? rv : 0;
}

/* Tells a peer who we are, and where we see it. 0 or P2P_ENOMEM. */
static int tell(struct p2p_host *h, struct p2p_stream *stream, p2p_ns now)
{
    struct p2p__identify_writer_cfg cfg = {.self = &h->identify->self};
    struct p2p_multiaddr seen;
    struct telling *s;

    if (!h->identify->ready && refresh(h->identify) < 0) {
        return P2P_ENOMEM;
    }
    s = p2p__zalloc(sizeof *s);
    if (s == NULL) {
        return P2P_ENOMEM;
    }
    if (stream->conn != NULL) {
        p2p__conn_maddr(stream->conn, &seen);
        cfg.observed = &seen;
    }
    p2p__attach_init(&s->a, h, &telling_cb, s);
    cfg.owner = &s->a.job;
    p2p__identify_writer_init(&s->core, &cfg, now);
    p2p__attach_start(&s->a, stream, &p2p__identify_writer_ops, &s->core);
    return 0;
}

static void push_to(struct p2p_host *h, struct p2p__peer *peer, p2p_ns now)
{
    const struct acquaintance *known = peer->identify;
    struct p2p_stream *stream;
    int err;

    if (known == NULL || !known->answered) {
        return;
    }
    stream = p2p__host_open(h, &peer->id, P2P__IDENTIFY_PUSH_PROTOCOL,
                            P2P__PATH_ANY, &err);
    if (stream != NULL && tell(h, stream, now) != 0) {
        p2p__stream_reset(stream, P2P_ENOMEM);
    }
}

/* Something may have changed: tell those who know us. */
static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__host_identify *id =
        P2P__CONTAINER(job, struct p2p__host_identify, job);
    struct p2p__swarm *swarm = id->host->swarm;

    if (refresh(id) != 1 && !id->unsaid) {
        return;
    }
    id->unsaid = false;
    P2P__LIST_EACH (it, &swarm->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->peer != NULL && p2p__peer_primary(c->peer) == c) {
            push_to(id->host, c->peer, now);
        }
    }
}

static void on_ask(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct p2p_host *h = user;

    if (tell(h, stream, now) != 0) {
        p2p__stream_reset(stream, P2P_ENOMEM);
    }
}

static void on_push(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct acquaintance *known = stream->peer->identify;

    if (known == NULL || !p2p__identify_push_allowed(&known->core, now) ||
        hear(user, stream, true, now) != 0) {
        p2p__stream_reset(stream, P2P_ELIMIT);
    }
}

void p2p__host_identify_again(struct p2p_host *h, struct p2p__peer *peer,
                              p2p_ns now)
{
    struct p2p_stream *stream;
    int err;

    stream = peer->identify == NULL
                 ? NULL
                 : p2p__host_open(h, &peer->id, P2P__IDENTIFY_PROTOCOL,
                                  P2P__PATH_ANY, &err);
    if (stream != NULL && hear(h, stream, false, now) != 0) {
        p2p__stream_reset(stream, P2P_ENOMEM);
    }
}

void p2p__host_identify_all(struct p2p_host *h)
{
    P2P__LIST_EACH (it, &h->swarm->conns) {
        const struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->peer != NULL && p2p__peer_primary(c->peer) == c) {
            p2p__host_identify_again(h, c->peer, p2p__host_now(h));
        }
    }
}

void p2p__host_identify_conn(struct p2p_host *h, struct p2p__conn *c)
{
    struct acquaintance *known;

    if (c->peer->identify != NULL) {
        return; /* asked on another connection */
    }
    known = p2p__zalloc(sizeof *known);
    if (known == NULL) {
        return;
    }
    known->refs = 1;
    p2p__identify_peer_init(&known->core, &c->peer->id);
    known->core.proofs = &h->swarm->proofs;
    c->peer->identify = known;
    p2p__host_identify_again(h, c->peer, p2p__host_now(h));
}

bool p2p__host_is_identified(const struct p2p__peer *peer)
{
    const struct acquaintance *known = peer->identify;

    return known != NULL && known->answered;
}

void p2p__host_identify_gone(struct p2p__peer *peer)
{
    struct acquaintance *known = peer->identify;

    peer->identify = NULL;
    if (known != NULL) {
        acquaintance_unref(known);
    }
}

void p2p__host_identify_push(struct p2p_host *h)
{
    if (h->identify != NULL) {
        p2p__mark(&h->identify->job);
    }
}

int p2p__host_identify_init(struct p2p_host *h)
{
    struct p2p__host_identify *id = p2p__zalloc(sizeof *id);
    int rv;

    if (id == NULL) {
        return P2P_ENOMEM;
    }
    id->host = h;
    p2p__identify_self_init(&id->self, h->key, h->agent, &h->env);
    p2p__job_init(&id->job, h->world->q, on_job);
    h->identify = id;
    rv = p2p__handlers_set(&h->swarm->handlers, P2P__IDENTIFY_PROTOCOL, on_ask,
                           h);
    if (rv == 0) {
        rv = p2p__handlers_set(&h->swarm->handlers, P2P__IDENTIFY_PUSH_PROTOCOL,
                               on_push, h);
    }
    p2p__mark(&id->job);
    return rv;
}

void p2p__host_identify_fini(struct p2p_host *h)
{
    struct p2p__host_identify *id = h->identify;

    if (id == NULL) {
        return;
    }
    p2p__identify_self_fini(&id->self);
    p2p__job_fini(&id->job);
    p2p__free(id);
    h->identify = NULL;
}
