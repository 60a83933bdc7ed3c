/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The article's flow: POST /config publishes a host on the topic `news`; who
 * hears of it pulls http://HOST:8888/config and puts it into its own Unit.
 * What it copies not is the article's holes: a host is pulled from only when
 * the message's signer is connected to us from there.
 */
#ifndef UM_ARTICLE_ARTICLE_H
#define UM_ARTICLE_ARTICLE_H

#include <stddef.h>
#include <stdint.h>

#include "mesh/article/hostname.h"
#include "mesh/base/alarm.h"
#include "mesh/base/log.h"
#include "mesh/bus/bus.h"
#include "mesh/fetch/fetch.h"

/** Where the article's nodes serve their configuration. */
#define UM_ARTICLE_PORT 8888
/** Bytes of a configuration that is pulled, and milliseconds it may take. */
#define UM__CAP_ARTICLE_CONFIG_BYTES (8U * 1024U * 1024U)
#define UM__CAP_ARTICLE_PULL_MS      10000

/** Names of messages that are being looked up; further ones are dropped. */
#define UM__CAP_ARTICLE_LOOKUPS 8

/** What became of a configuration that was pulled. */
enum um_article_outcome {
    UM_ARTICLE_APPLIED,
    UM_ARTICLE_UNCHANGED, /**< Unit ran it already */
    UM_ARTICLE_NOT        /**< the applier has said why in the log */
};

/** Told once for each configuration. */
typedef void um_article_done(void *arg, enum um_article_outcome outcome);

/** A configuration that was pulled; valid during the call. */
struct um_article_config {
    const void *bytes;
    size_t len;
    const char *why; /**< for the log */
};

/** Hands a configuration to the local Unit, which copies it. */
typedef void um_article_apply(void *user,
                              const struct um_article_config *config,
                              um_article_done *done, void *arg);

/** What the flow is made of; borrows all until it is freed. */
struct um_article_cfg {
    struct um_bus *bus;
    struct um_fetch *fetch;
    um_article_apply *apply; /**< NULL: no Unit here */
    void *apply_user;        /**< of apply */
    const struct um_alarms *alarms;
    const struct um_resolver *resolver;
    const struct um_log *log;
    uint16_t port; /**< 0: UM_ARTICLE_PORT; others are for tests */
};

struct um_article;

/** Subscribes and says what this mode trusts. Owned, or NULL. */
struct um_article *um_article_new(const struct um_article_cfg *cfg);

/** Ends it. */
void um_article_free(struct um_article *a);

/** What POST /config does. */
struct um_article_posted {
    unsigned status;  /**< of the HTTP answer */
    const char *text; /**< constant */
};

/**
 * Publishes the host that a request was addressed to.
 * @param host_header borrows the Host header's value
 */
void um_article_post(struct um_article *a, const char *host_header,
                     struct um_article_posted *out);

/** Counters, for status pages. */
struct um_article_stats {
    unsigned long subscribers; /**< peers that would hear a message now */
    unsigned long published;
    unsigned long received;
    unsigned long refused;
    unsigned long pulls;
    unsigned long applied;
};

/** A snapshot of the counters. */
void um_article_stats(const struct um_article *a, struct um_article_stats *out);

#endif
