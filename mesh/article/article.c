/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: a message arrives, its host is checked against the signer's
 * connections, the pull starts, what it brings goes to the applier unchanged.
 * A pull under way takes in the messages that come meanwhile: one more pull
 * follows it, so a storm of messages is two pulls. Failure: logged and left.
 */
#include "mesh/article/article.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p2p/err.h>

#define TOPIC "news"

/* A host to pull from, and when the message that named it came. */
struct heard {
    struct um_host host;
    uint64_t ms;
};

struct um_article {
    struct um_article_cfg cfg;
    struct um_fetch_job *pull;
    struct heard from;    /* of the pull under way */
    struct heard pending; /* text "" : none */
    unsigned lookups;     /* names under way */
    struct um_article_stats stats;
};

static void start_pull(struct um_article *a, const struct heard *from);

static void warn_of_trust(const struct um_log *log)
{
    um_log_line(
        log, UM_LOG_WARN,
        "--article: every peer that is found on this link is trusted to "
        "choose this Unit's configuration, and so to run programs here");
    um_log_line(
        log, UM_LOG_WARN,
        "--article: who joins late stays behind until somebody publishes "
        "again; nothing in this flow repairs it");
}

static enum um_bus_verdict on_message(void *user,
                                      const struct p2p_peer_id *from,
                                      const void *data, size_t len);

struct um_article *um_article_new(const struct um_article_cfg *cfg)
{
    struct um_article *a = calloc(1, sizeof *a);

    if (a == NULL) {
        return NULL;
    }
    a->cfg = *cfg;
    if (a->cfg.port == 0) {
        a->cfg.port = UM_ARTICLE_PORT;
    }
    if (um_bus_subscribe(cfg->bus, TOPIC, on_message, a) != 0) {
        free(a);
        return NULL;
    }
    warn_of_trust(cfg->log);
    return a;
}

void um_article_free(struct um_article *a)
{
    if (a == NULL) {
        return;
    }
    if (a->pull != NULL) {
        um_fetch_cancel(a->pull);
    }
    free(a);
}

/* The host that others can reach us by: as asked, unless that is loopback. */
static bool own_host(struct um_article *a, const char *header,
                     struct um_host *out)
{
    struct um_ip ip;

    if (header == NULL || !um_host_parse(header, strlen(header), out)) {
        return false;
    }
    if (!um_ip_is_loopback(&out->ip) && strcmp(out->text, "localhost") != 0) {
        if (out->ip.len > 0 && !um_bus_own_ip(a->cfg.bus, &out->ip)) {
            um_log_line(a->cfg.log, UM_LOG_WARN,
                        "POST /config was addressed to %s, which is none of "
                        "this node's addresses: the others may refuse it",
                        out->text);
        }
        return true;
    }
    if (!um_bus_observed(a->cfg.bus, &ip)) {
        return true; /* nobody is connected: nobody hears it either */
    }
    if (um_ip_is_loopback(&ip) && out->ip.len > 0) {
        return true; /* the others are on this host too */
    }
    if (!um_ip_is_loopback(&ip)) {
        um_log_line(
            a->cfg.log, UM_LOG_WARN,
            "POST /config was addressed to %s, which means another machine "
            "to each of the others: publishing the address they see us at",
            out->text);
    }
    um_host_from_ip(&ip, out);
    return true;
}

void um_article_post(struct um_article *a, const char *host_header,
                     struct um_article_posted *out)
{
    struct um_host host;
    int rv;

    if (!own_host(a, host_header, &host)) {
        *out =
            (struct um_article_posted){400, "The Host header names no host.\n"};
        return;
    }
    rv = um_bus_publish(a->cfg.bus, TOPIC, host.text, strlen(host.text));
    if (rv < 0) {
        um_log_line(a->cfg.log, UM_LOG_ERROR, "cannot publish: %s",
                    p2p_err_text(rv));
        *out = (struct um_article_posted){503, "Cannot publish now.\n"};
        return;
    }
    a->stats.published++;
    um_log_line(a->cfg.log, UM_LOG_INFO, "published %s on %s to %d peer%s",
                host.text, TOPIC, rv, rv == 1 ? "" : "s");
    *out = (struct um_article_posted){
        200, "Published config event to all other nodes"};
}

/* A configuration at the applier's. */
struct applying {
    struct um_article *article;
    struct heard from;
};

static void on_applied(void *arg, enum um_article_outcome outcome)
{
    struct applying *p = arg;
    struct um_article *a = p->article;
    uint64_t now = a->cfg.alarms->now_ms(a->cfg.alarms->user);

    if (outcome == UM_ARTICLE_APPLIED) {
        a->stats.applied++;
        um_log_line(a->cfg.log, UM_LOG_INFO, "applied config from %s in %lu ms",
                    p->from.host.text, (unsigned long)(now - p->from.ms));
    } else if (outcome == UM_ARTICLE_UNCHANGED) {
        um_log_line(a->cfg.log, UM_LOG_INFO,
                    "config from %s is what runs already", p->from.host.text);
    }
    free(p);
}

/* Hands what was pulled to the applier. */
static void apply(struct um_article *a, const struct um_fetch_answer *answer)
{
    char why[UM__CAP_ARTICLE_HOST_BYTES + 16];
    const struct um_article_config config = {
        .bytes = answer->body, .len = answer->len, .why = why};
    struct applying *p = malloc(sizeof *p);

    if (p == NULL) {
        um_log_line(a->cfg.log, UM_LOG_ERROR, "cannot apply: out of memory");
        return;
    }
    *p = (struct applying){.article = a, .from = a->from};
    (void)snprintf(why, sizeof why, "config from %s", a->from.host.text);
    a->cfg.apply(a->cfg.apply_user, &config, on_applied, p);
}

/* The next pull, if messages came meanwhile. */
static void next_pull(struct um_article *a)
{
    const struct heard from = a->pending;

    a->pending = (struct heard){0};
    if (from.host.text[0] != '\0') {
        start_pull(a, &from);
    }
}

static void on_pulled(void *user, const struct um_fetch_answer *answer)
{
    struct um_article *a = user;

    a->pull = NULL;
    if (answer->status != UM_FETCH_OK) {
        um_log_line(a->cfg.log, UM_LOG_ERROR, "cannot pull config from %s: %s",
                    a->from.host.text, answer->text);
    } else if (answer->code != 200) {
        um_log_line(a->cfg.log, UM_LOG_ERROR,
                    "cannot pull config from %s: it answered %ld",
                    a->from.host.text, answer->code);
    } else {
        apply(a, answer);
    }
    next_pull(a);
}

static void start_pull(struct um_article *a, const struct heard *from)
{
    const struct um_host *host = &from->host;
    char url[UM__CAP_ARTICLE_HOST_BYTES + 64];
    struct um_fetch_req req = {.method = "GET",
                               .url = url,
                               .max_answer = UM__CAP_ARTICLE_CONFIG_BYTES,
                               .timeout_ms = UM__CAP_ARTICLE_PULL_MS,
                               .connect_ms = 3000};

    (void)snprintf(
        url, sizeof url,
        host->ip.len == 16 ? "http://[%s]:%u/config" : "http://%s:%u/config",
        host->text, (unsigned)a->cfg.port);
    a->from = *from;
    um_log_line(a->cfg.log, UM_LOG_INFO, "pulling config from %s", url);
    a->stats.pulls++;
    a->pull = um_fetch_start(a->cfg.fetch, &req, on_pulled, a);
    if (a->pull == NULL) {
        um_log_line(a->cfg.log, UM_LOG_ERROR, "cannot pull: out of memory");
    }
}

/* Why a host is not pulled from, or NULL. */
static const char *objection(const struct um_article *a,
                             const struct p2p_peer_id *from,
                             const struct um_host *host)
{
    if (host->ip.len == 0) {
        return "a name is not an address that we know of its signer";
    }
    if (um_host_is_forbidden(&host->ip)) {
        return "such addresses are never pulled from";
    }
    if (um_bus_peer_at(a->cfg.bus, from, &host->ip)) {
        return NULL;
    }
    return "its signer is not connected to us from there";
}

/* Pulls from a host that a message named, if nothing speaks against it. */
static void consider(struct um_article *a, const struct p2p_peer_id *from,
                     const struct um_host *host)
{
    const char *why = objection(a, from, host);
    const struct heard heard = {
        .host = *host, .ms = a->cfg.alarms->now_ms(a->cfg.alarms->user)};

    if (why != NULL) {
        a->stats.refused++;
        um_log_line(a->cfg.log, UM_LOG_WARN, "not pulling from %s: %s",
                    host->text, why);
    } else if (a->cfg.apply == NULL) {
        um_log_line(a->cfg.log, UM_LOG_WARN,
                    "there is no Unit here to configure");
    } else if (a->pull != NULL) {
        a->pending = heard;
    } else {
        start_pull(a, &heard);
    }
}

/* A message that named a name, while it is looked up. */
struct lookup {
    struct um_article *article;
    struct p2p_peer_id from;
    struct um_host host;
};

/* Of a name's addresses, the one that its signer is connected from. */
static void on_resolved(void *arg, const struct um_ip *at, size_t n)
{
    struct lookup *l = arg;
    struct um_article *a = l->article;

    a->lookups--;
    for (size_t i = 0; i < n; i++) {
        if (um_bus_peer_at(a->cfg.bus, &l->from, &at[i])) {
            um_host_from_ip(&at[i], &l->host);
            break;
        }
    }
    consider(a, &l->from, &l->host);
    free(l);
}

static void look_up(struct um_article *a, const struct p2p_peer_id *from,
                    const struct um_host *host)
{
    struct lookup *l =
        a->lookups < UM__CAP_ARTICLE_LOOKUPS ? malloc(sizeof *l) : NULL;

    if (l == NULL) {
        um_log_line(a->cfg.log, UM_LOG_WARN, "too many names to look up");
        return;
    }
    *l = (struct lookup){.article = a, .from = *from, .host = *host};
    if (a->cfg.resolver->resolve(a->cfg.resolver->user, host->text, on_resolved,
                                 l) != 0) {
        free(l);
        return;
    }
    a->lookups++;
}

/* Whatever it says is passed on: others may read more into it. */
static enum um_bus_verdict on_message(void *user,
                                      const struct p2p_peer_id *from,
                                      const void *data, size_t len)
{
    struct um_article *a = user;
    char id[P2P_PEER_ID_TEXT_MAX];
    struct um_host host;

    a->stats.received++;
    (void)p2p_peer_id_text(from, id);
    if (!um_host_parse(data, len, &host)) {
        a->stats.refused++;
        um_log_line(a->cfg.log, UM_LOG_WARN, "message from %s names no host",
                    id);
        return UM_BUS_ACCEPT;
    }
    um_log_line(a->cfg.log, UM_LOG_INFO, "received %s from %s", host.text, id);
    if (host.ip.len == 0) {
        look_up(a, from, &host);
    } else {
        consider(a, from, &host);
    }
    return UM_BUS_ACCEPT;
}

void um_article_stats(const struct um_article *a, struct um_article_stats *out)
{
    *out = a->stats;
    out->subscribers = um_bus_subscribers(a->cfg.bus, TOPIC);
}
