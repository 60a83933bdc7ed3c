/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * gossipsub for an application: its topics, its word on messages and peers, the
 * core and its clock. Streams are pubsub_peer.c's. Failure: a peer whose score
 * fell so low that nothing is heard of it is disconnected, unless it is
 * protected.
 */
#include "p2p/pubsub.h"

#include "base/config.h"
#include "base/mem.h"
#include "host/pubsub.h"

struct topic {
    struct p2p__list link;
    p2p_on_message on_msg;
    void *user;
    size_t len;
    char name[];
};

static struct topic *find_topic(const struct p2p_pubsub *ps, const void *name,
                                size_t len)
{
    P2P__LIST_EACH (it, &ps->topics) {
        struct topic *t = P2P__CONTAINER(it, struct topic, link);

        if (t->len == len && memcmp(t->name, name, len) == 0) {
            return t;
        }
    }
    return NULL;
}

static void on_message(struct p2p_pubsub *ps, const struct p2p__gossip_ev *ev,
                       p2p_ns now)
{
    static const enum p2p__gossip_verdict verdicts[] = {
        [P2P_ACCEPT] = P2P__GOSSIP_ACCEPT,
        [P2P_IGNORE] = P2P__GOSSIP_IGNORE,
        [P2P_REJECT] = P2P__GOSSIP_REJECT};
    const struct topic *t = find_topic(ps, ev->topic.p, ev->topic.len);
    enum p2p_verdict verdict = P2P_IGNORE;
    uint64_t handle = ev->handle;

    /* The one before it may have been the last word on who brought it. */
    if (t != NULL && (ps->peer_may == NULL ||
                      ps->peer_may(ps->may_user, &ev->peer, t->name))) {
        struct p2p_message msg = {.topic = t->name,
                                  .from = ev->from,
                                  .via = ev->peer,
                                  .seqno = ev->seqno,
                                  .data = ev->data.p,
                                  .len = ev->data.len};

        verdict = t->on_msg(t->user, &msg);
    }
    if (handle != 0) {
        (void)p2p__gossip_validate(ps->g, handle, verdicts[verdict], now);
    }
}

void p2p__pubsub_drain(struct p2p_pubsub *ps, p2p_ns now)
{
    struct p2p__gossip_ev ev;

    while (p2p__gossip_next(ps->g, &ev)) {
        if (ev.type == P2P__GOSSIP_MESSAGE) {
            on_message(ps, &ev, now);
        } else if (ev.type == P2P__GOSSIP_GRAYLISTED && ev.user != NULL) {
            p2p__pubsub_peer_shun(ev.user, now);
        }
    }
}

static void pump_all(struct p2p_pubsub *ps, p2p_ns now)
{
    struct p2p__gossip_peer *gp = p2p__gossip_tx_peer(ps->g);

    while (gp != NULL) {
        p2p__pubsub_peer_pump(p2p__gossip_peer_user(gp), now);
        gp = p2p__gossip_tx_peer(ps->g);
    }
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p_pubsub *ps = P2P__CONTAINER(job, struct p2p_pubsub, job);

    p2p__pubsub_drain(ps, now);
    pump_all(ps, now);
    p2p__timer_set(&ps->timer, p2p__gossip_deadline(ps->g));
}

static void on_due(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p_pubsub *ps = P2P__CONTAINER(timer, struct p2p_pubsub, timer);

    p2p__gossip_expire(ps->g, now);
    p2p__mark(&ps->job); /* which sets the timer again */
}

/* The application's id of a message. */
static int app_id(void *user, const struct p2p__gossip_view *v, uint8_t *out)
{
    const struct p2p_pubsub *ps = user;
    char topic[P2P__CAP_GOSSIP_TOPIC + 1];
    struct p2p_message msg = {
        .topic = topic, .data = v->data.p, .len = v->data.len};
    size_t n;

    if (v->topic.len > P2P__CAP_GOSSIP_TOPIC) {
        return P2P_EFORMAT;
    }
    if (v->topic.len > 0) {
        memcpy(topic, v->topic.p, v->topic.len);
    }
    topic[v->topic.len] = '\0';
    for (size_t i = 0; i < v->seqno.len; i++) {
        msg.seqno = msg.seqno << 8 | v->seqno.p[i];
    }
    if (v->from.len > 0 &&
        p2p_peer_id_from_bytes(v->from.p, v->from.len, &msg.from) != 0) {
        return P2P_EFORMAT;
    }
    n = ps->msgid_fn(ps->msgid_user, &msg, out);
    return n >= 1 && n <= P2P_MSGID_MAX ? (int)n : P2P_EFORMAT;
}

/* The application's word on a peer in a topic. No name of its own has a zero
 * byte inside. */
static bool app_may(void *user, const struct p2p_peer_id *peer,
                    const struct p2p__slice *name)
{
    const struct p2p_pubsub *ps = user;
    char topic[P2P__CAP_GOSSIP_TOPIC + 1];

    assert(name->len > 0 && name->len <= P2P__CAP_GOSSIP_TOPIC);
    if (memchr(name->p, '\0', name->len) != NULL) {
        return false;
    }
    memcpy(topic, name->p, name->len);
    topic[name->len] = '\0';
    return ps->peer_may(ps->may_user, peer, topic);
}

static int make_core(struct p2p_pubsub *ps, const struct p2p_pubsub_config *cfg)
{
    struct p2p_host *h = ps->host;
    struct p2p__gossip_score_params score;
    struct p2p__gossip_cfg gc;

    p2p__gossip_cfg_defaults(&gc);
    gc.key = h->key;
    gc.self = h->swarm->self;
    gc.quota = &h->swarm->quota;
    if (cfg->no_sign) {
        gc.policy = P2P__GOSSIP_STRICT_NO_SIGN;
        gc.key = NULL;
    }
    if (cfg->msgid == P2P_MSGID_APP) {
        ps->msgid_fn = cfg->msgid_fn;
        ps->msgid_user = cfg->msgid_user;
        gc.id_fn = app_id;
        gc.id_user = ps;
    } else if (cfg->no_sign) {
        gc.id_fn = p2p__gossip_id_content;
    } else if (cfg->msgid == P2P_MSGID_KEY_SEQNO) {
        gc.id_fn = p2p__gossip_id_key_seqno;
        gc.alias_fn = p2p__gossip_id_from_seqno;
    } else {
        gc.id_fn = p2p__gossip_id_from_seqno;
        gc.alias_fn = p2p__gossip_id_key_seqno;
    }
    if (cfg->peer_may != NULL) {
        ps->peer_may = cfg->peer_may;
        ps->may_user = cfg->may_user;
        gc.may_fn = app_may;
        gc.may_user = ps;
    }
    if (cfg->scoring) {
        p2p__gossip_score_defaults(&score);
        gc.score = &score;
    }
    return p2p__gossip_new(&gc, &h->env, &ps->job, p2p__host_now(h), &ps->g);
}

static int serve(struct p2p_pubsub *ps)
{
    int rv = 0;

    for (int v = P2P__GOSSIP_NEWEST; v >= P2P__GOSSIP_FLOODSUB && rv == 0;
         v--) {
        rv =
            p2p__handlers_set(&ps->host->swarm->handlers,
                              p2p__gossip_protocol((enum p2p__gossip_version)v),
                              p2p__pubsub_peer_inbound, ps);
    }
    return rv;
}

/* Those who are connected already. */
static void take_in(struct p2p_pubsub *ps)
{
    P2P__LIST_EACH (it, &ps->host->swarm->conns) {
        struct p2p__conn *c = P2P__CONTAINER(it, struct p2p__conn, link);

        if (c->state == P2P__CONN_OPEN && c->peer->user == NULL) {
            p2p__pubsub_peer_up(ps, c->peer);
        }
    }
}

int p2p_pubsub_new(struct p2p_host *host, const struct p2p_pubsub_config *cfg,
                   struct p2p_pubsub **out)
{
    static const struct p2p_pubsub_config defaults = P2P_PUBSUB_CONFIG_INIT;
    struct p2p_pubsub_config own;
    struct p2p_pubsub *ps;
    int rv = p2p__config_read(&own, sizeof own, cfg != NULL ? cfg : &defaults);

    *out = NULL;
    if (rv != 0 || (own.msgid == P2P_MSGID_APP) != (own.msgid_fn != NULL)) {
        return P2P_EINVAL;
    }
    if (host->pubsub != NULL) {
        return P2P_EEXIST;
    }
    ps = p2p__zalloc(sizeof *ps);
    if (ps == NULL) {
        return P2P_ENOMEM;
    }
    ps->host = host;
    ps->path = own.limited ? P2P__PATH_ANY : P2P__PATH_WHOLE;
    p2p__list_init(&ps->topics);
    p2p__list_init(&ps->members);
    p2p__job_init(&ps->job, host->world->q, on_job);
    p2p__timer_init(&ps->timer, host->world->q, on_due);
    rv = make_core(ps, &own);
    if (rv == 0) {
        rv = serve(ps);
    }
    if (rv != 0) {
        p2p__pubsub_free(ps);
        return rv;
    }
    host->pubsub = ps;
    take_in(ps);
    p2p__host_identify_push(host);
    p2p__mark(&ps->job);
    *out = ps;
    return 0;
}

void p2p__pubsub_free(struct p2p_pubsub *ps)
{
    struct p2p__list *link;

    if (ps == NULL) {
        return;
    }
    assert(p2p__list_empty(&ps->members));
    link = p2p__list_pop(&ps->topics);
    while (link != NULL) {
        p2p__free(P2P__CONTAINER(link, struct topic, link));
        link = p2p__list_pop(&ps->topics);
    }
    p2p__gossip_free(ps->g);
    p2p__timer_fini(&ps->timer);
    p2p__job_fini(&ps->job);
    p2p__free(ps);
}

int p2p_pubsub_subscribe(struct p2p_pubsub *ps, const char *topic,
                         p2p_on_message on_msg, void *user)
{
    static const struct p2p__gossip_topic_cfg tc = {.validate = true};
    size_t len = strlen(topic);
    struct topic *t;
    int rv;

    if (on_msg == NULL) {
        return P2P_EINVAL;
    }
    if (ps->n_topics >= P2P__CAP_PUBSUB_TOPICS) {
        return P2P_ELIMIT;
    }
    t = p2p__zalloc(sizeof *t + len + 1);
    if (t == NULL) {
        return P2P_ENOMEM;
    }
    rv = p2p__gossip_subscribe(ps->g, topic, len, &tc, p2p__host_now(ps->host));
    if (rv != 0) {
        p2p__free(t);
        return rv;
    }
    t->on_msg = on_msg;
    t->user = user;
    t->len = len;
    memcpy(t->name, topic, len);
    p2p__list_init(&t->link);
    p2p__list_push(&ps->topics, &t->link);
    ps->n_topics++;
    return 0;
}

int p2p_pubsub_unsubscribe(struct p2p_pubsub *ps, const char *topic)
{
    struct topic *t = find_topic(ps, topic, strlen(topic));

    if (t == NULL) {
        return P2P_ENOTFOUND;
    }
    (void)p2p__gossip_unsubscribe(ps->g, topic, t->len,
                                  p2p__host_now(ps->host));
    p2p__list_remove(&t->link);
    ps->n_topics--;
    p2p__free(t);
    return 0;
}

int p2p_pubsub_publish(struct p2p_pubsub *ps, const char *topic,
                       const void *data, size_t len)
{
    struct p2p__slice s = p2p__slice_of(data, len);

    return p2p__gossip_publish(ps->g, topic, strlen(topic), &s,
                               p2p__host_now(ps->host), NULL);
}

void p2p_pubsub_recheck(struct p2p_pubsub *ps)
{
    p2p__gossip_recheck(ps->g, p2p__host_now(ps->host));
}

size_t p2p_pubsub_peers(const struct p2p_pubsub *ps, const char *topic,
                        bool mesh, struct p2p_peer_id *out, size_t cap)
{
    return p2p__gossip_topic_peers(ps->g, topic, strlen(topic), mesh, out, cap);
}

void p2p_pubsub_stats(const struct p2p_pubsub *ps, struct p2p_pubsub_stats *out,
                      size_t size)
{
    const struct p2p__gossip_stats *s = p2p__gossip_stats(ps->g);
    const struct p2p_pubsub_stats own = {
        .published = s->published,
        .received = s->received,
        .delivered = s->delivered,
        .duplicates = s->duplicates,
        .invalid = s->invalid,
        .forwarded = s->forwarded,
        .dropped = s->dropped,
        .asked_for = s->iwant_served,
    };

    p2p__out_write(out, size, &own, sizeof own);
}
