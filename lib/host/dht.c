/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host's part of a DHT: making and ending it, serving, and what the
 * application asks for. Whom the host meets it learns from identify. Happy
 * path of serving: each stream of a peer has a core, which answers from what
 * all of them share. Failure modes: caps and quotas, see the cores.
 */
#include "base/config.h"
#include "base/mem.h"
#include "host/attach.h"
#include "host/kad.h"
#include "proto/serve/serve.h"

/* How long a peer may take for a request: go keeps streams for a minute. */
#define PAUSE_NS P2P__SEC(60)

/* A stream of a peer, as long as there is one. */
struct serving {
    struct p2p__attach a;
    struct p2p__serve core;
    struct p2p__host_kad *of;
    struct p2p__peer *peer; /* counted */
};

static int answer(void *user, struct p2p__slice request, struct p2p__pbw *w,
                  p2p_ns now)
{
    struct serving *s = user;
    const struct p2p__kad_peer from = p2p__host_kad_peer(s->peer);
    const int rv = p2p__kad_serve(&s->of->core, &from, request, w, now);

    p2p__host_kad_wake(s->of); /* deadlines */
    return rv;
}

static void on_events(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void on_done(void *user, int status, p2p_ns now)
{
    struct serving *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__serve_fini(&s->core);
    p2p__peer_unref(s->peer);
    p2p__free(s);
}

static const struct p2p__attach_cb attach_cb = {
    .events = on_events,
    .done = on_done,
};

static void on_inbound(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct p2p__host_kad *k = user;
    struct p2p__serve_cfg cfg = {.answer = answer,
                                 .cap = P2P__CAP_KAD_REQUEST_BYTES,
                                 .room = P2P__CAP_KAD_PAGE_BYTES + 64,
                                 .requests = P2P__CAP_KAD_REQUESTS,
                                 .pause = PAUSE_NS,
                                 .quota = &stream->peer->quota};
    const bool allowed = p2p__host_kad_has(k, &stream->peer->id);
    struct serving *s = allowed ? p2p__zalloc(sizeof *s) : NULL;

    if (s == NULL) {
        p2p__stream_reset(stream, allowed ? P2P_ENOMEM : P2P_EACCES);
        return;
    }
    s->of = k;
    s->peer = p2p__peer_ref(stream->peer);
    p2p__attach_init(&s->a, k->host, &attach_cb, s);
    cfg.user = s;
    cfg.owner = &s->a.job;
    p2p__serve_init(&s->core, &cfg, now);
    p2p__attach_start(&s->a, stream, &p2p__serve_ops, &s->core);
}

/* A validator of the application behind the core's. */
static bool app_valid(void *user, struct p2p__slice key,
                      struct p2p__slice value)
{
    const struct p2p_dht_validator *v = user;
    const struct p2p_dht_record record = {key.p, key.len, value.p, value.len};

    return v->valid(v->user, &record);
}

static bool app_better(void *user, struct p2p__slice key,
                       struct p2p__slice value, struct p2p__slice than)
{
    const struct p2p_dht_validator *v = user;
    const struct p2p_dht_record record = {key.p, key.len, value.p, value.len};
    const struct p2p_dht_record other = {key.p, key.len, than.p, than.len};

    return v->better(v->user, &record, &other);
}

static int add_validators(struct p2p__host_kad *k,
                          const struct p2p_dht_config *cfg,
                          struct p2p__kad_validators *out)
{
    int rv = 0;

    if (cfg->n_validators > P2P__COUNT(k->validators)) {
        return P2P_EINVAL;
    }
    for (size_t i = 0; rv == 0 && i < cfg->n_validators; i++) {
        struct p2p__kad_validator one = {.valid = app_valid,
                                         .better = app_better,
                                         .user = &k->validators[i]};

        k->validators[i] = cfg->validators[i];
        one.ns = k->validators[i].ns;
        rv = k->validators[i].valid == NULL || k->validators[i].better == NULL
                 ? P2P_EINVAL
                 : p2p__kad_validators_add(out, &one);
    }
    return rv;
}

/* Writes the protocol's name. 0 or P2P_EINVAL. */
static int name_it(struct p2p__host_kad *k, const char *prefix)
{
    const size_t len = strlen(prefix);

    if (prefix[0] != '/' || prefix[len - 1] == '/' ||
        len + sizeof P2P__KAD_PROTOCOL > sizeof k->protocol) {
        return P2P_EINVAL;
    }
    memcpy(k->protocol, prefix, len);
    memcpy(k->protocol + len, P2P__KAD_PROTOCOL, sizeof P2P__KAD_PROTOCOL);
    return 0;
}

static void limits_of(const struct p2p_dht_config *cfg,
                      struct p2p__kad_cfg *out)
{
    out->records.records = cfg->max_records;
    out->records.records_per_peer = cfg->max_records_per_peer;
    out->records.bytes = cfg->max_record_bytes;
    out->records.ttl_s = out->providers.ttl_s = cfg->ttl_s;
    out->providers.providers = cfg->max_providers;
    out->providers.keys_of_peer = cfg->max_keys_per_peer;
    out->table.group = out->table.bucket_group = cfg->max_per_network;
    out->refresh = P2P__SEC(cfg->refresh_s);
}

int p2p__host_kad_init(struct p2p_host *h, const struct p2p_dht_config *given)
{
    struct p2p__kad_cfg core = {.self = h->swarm->self,
                                .quota = &h->swarm->quota};
    struct p2p_dht_config cfg;
    struct p2p__host_kad *k;
    int rv;

    if (given == NULL) {
        return 0;
    }
    if (p2p__config_read(&cfg, sizeof cfg, given) != 0) {
        return P2P_EINVAL;
    }
    k = p2p__zalloc(sizeof *k);
    if (k == NULL) {
        return P2P_ENOMEM;
    }
    k->host = h;
    k->allow = cfg.allow;
    k->user = cfg.user;
    k->serves = cfg.server;
    rv = name_it(k, cfg.prefix != NULL ? cfg.prefix : P2P__KAD_PREFIX);
    if (rv == 0) {
        rv = add_validators(k, &cfg, &core.validators);
    }
    if (rv != 0) {
        p2p__free(k);
        return rv;
    }
    limits_of(&cfg, &core);
    p2p__env_seed(&h->env, core.seed);
    h->env.random(&h->env, &core.random, sizeof core.random);
    p2p__kad_init(&k->core, &core, p2p__host_now(h));
    p2p__host_kad_ask_init(k);
    h->kad = k;
    p2p__host_kad_wake(k); /* its first deadline */
    return cfg.server ? p2p__handlers_set(&h->swarm->handlers, k->protocol,
                                          on_inbound, k)
                      : 0;
}

void p2p__host_kad_fini(struct p2p_host *h)
{
    if (h->kad != NULL) {
        p2p__host_kad_ask_fini(h->kad);
        p2p__kad_fini(&h->kad->core);
        p2p__free(h->kad);
        h->kad = NULL;
    }
}

void p2p__host_kad_identified(struct p2p_host *h, struct p2p__peer *peer,
                              const struct p2p_peer_info *info, p2p_ns now)
{
    struct p2p__kad_peer met;
    bool serves = false;

    if (h->kad == NULL) {
        return;
    }
    for (size_t i = 0; i < info->n_protocols; i++) {
        serves = serves || strcmp(info->protocols[i], h->kad->protocol) == 0;
    }
    if (!serves || !p2p__host_kad_has(h->kad, &peer->id)) {
        p2p__kad_left(&h->kad->core, &peer->id);
        return;
    }
    met = p2p__host_kad_peer(peer);
    for (size_t i = 0; i < info->n_addrs; i++) {
        (void)p2p__kad_addrs_add(&met.addrs, &info->addrs[i]);
    }
    p2p__kad_met(&h->kad->core, &met, now);
    p2p__host_kad_wake(h->kad);
}

int p2p_dht_join(struct p2p_host *host, const struct p2p_dht_config *cfg)
{
    int rv;

    if (host->kad != NULL) {
        return P2P_ESTATE;
    }
    rv = cfg == NULL ? P2P_EINVAL : p2p__host_kad_init(host, cfg);
    if (rv != 0) {
        p2p__host_kad_fini(host);
        return rv;
    }
    p2p__host_identify_push(host);
    p2p__host_identify_all(host);
    return 0;
}

/* Starts a query; `goal` and `key` are its own. */
static int start(struct p2p_host *host, enum p2p__kad_goal goal,
                 struct p2p__slice key, const struct p2p_dht_want *given,
                 struct p2p_dht_query **out)
{
    struct p2p__host_kad *k = host->kad;
    struct p2p_dht_want want;
    struct p2p__kad_want core = {.goal = goal, .key = key};
    struct p2p_dht_query *q;
    int rv = p2p__config_read(&want, sizeof want, given);

    if (k == NULL || host->swarm->closing) {
        return P2P_ESTATE;
    }
    if (rv != 0 || want.done == NULL) {
        return P2P_EINVAL;
    }
    q = p2p__zalloc(sizeof *q);
    if (q == NULL) {
        return P2P_ENOMEM;
    }
    core.enough = want.enough;
    if (goal == P2P__KAD_PUT) {
        core.value = p2p__slice_of(want.value, want.value_len);
    }
    p2p__host_kad_own(k);
    rv = p2p__kad_start(&k->core, &core, &q->number, p2p__host_now(host));
    if (rv != 0) {
        p2p__free(q);
        return rv;
    }
    q->of = k;
    q->done = want.done;
    q->provider = want.provider;
    q->user = want.user;
    p2p__list_push(&k->queries, &q->link);
    p2p__host_kad_wake(k);
    if (out != NULL) {
        *out = q;
    }
    return 0;
}

int p2p_dht_find_peer(struct p2p_host *host, const struct p2p_peer_id *peer,
                      const struct p2p_dht_want *want,
                      struct p2p_dht_query **out)
{
    if (p2p_peer_id_equal(peer, &host->swarm->self)) {
        return P2P_ESELF;
    }
    return start(host, P2P__KAD_FIND_PEER,
                 p2p__slice_of(peer->bytes, peer->len), want, out);
}

static struct p2p__slice key_of(const struct p2p_dht_want *want)
{
    return p2p__slice_of(want->key, want->key_len);
}

int p2p_dht_put(struct p2p_host *host, const struct p2p_dht_want *want,
                struct p2p_dht_query **out)
{
    return start(host, P2P__KAD_PUT, key_of(want), want, out);
}

int p2p_dht_get(struct p2p_host *host, const struct p2p_dht_want *want,
                struct p2p_dht_query **out)
{
    return start(host, P2P__KAD_FIND_VALUE, key_of(want), want, out);
}

int p2p_dht_provide(struct p2p_host *host, const struct p2p_dht_want *want,
                    struct p2p_dht_query **out)
{
    return start(host, P2P__KAD_PROVIDE, key_of(want), want, out);
}

int p2p_dht_find_providers(struct p2p_host *host,
                           const struct p2p_dht_want *want,
                           struct p2p_dht_query **out)
{
    return start(host, P2P__KAD_FIND_PROVIDERS, key_of(want), want, out);
}

void p2p_dht_cancel(struct p2p_dht_query *query)
{
    if (query != NULL) {
        p2p__kad_cancel(&query->of->core, query->number);
        p2p__list_remove(&query->link);
        p2p__free(query);
    }
}

void p2p_dht_stats(const struct p2p_host *host, struct p2p_dht_stats *out,
                   size_t size)
{
    const struct p2p__host_kad *k = host->kad;
    struct p2p_dht_stats own = {0};

    if (k != NULL) {
        own.peers = k->core.table.count;
        own.records = k->core.records.count;
        own.providers = k->core.providers.count;
        P2P__LIST_EACH (it, &k->queries) {
            own.queries++;
        }
    }
    p2p__out_write(out, size, &own, sizeof own);
}
