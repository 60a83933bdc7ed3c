/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The article's flow with a bus, a resolver and an applier that are the
 * test's. */
#include "mesh/article/article.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_rig.h"
#include "unit.h"

enum { NAMES_MAX = 16, APPLIES_MAX = 16 };

/* The bus is the scene: one peer, at 192.0.2.1 and 192.0.2.2. */
struct um_bus {
    um_bus_message *on_message;
    void *user;
    char published[300];
    bool seen; /* peers tell at which address they see us */
};

struct scene {
    struct um_bus bus;
    struct um_fetch rig;
    struct um_resolver resolver;
    struct um_article *article;
    struct {
        void (*done)(void *arg, const struct um_ip *at, size_t n);
        void *arg;
    } name[NAMES_MAX];
    size_t names;
    struct {
        char bytes[128];
        um_article_done *done;
        void *arg;
    } apply[APPLIES_MAX];
    size_t applies;
};

static const struct p2p_peer_id peer = {.len = 34, .bytes = {0x12, 0x20, 7}};

int um_bus_subscribe(struct um_bus *bus, const char *topic,
                     um_bus_message *on_message, void *user)
{
    assert_string_equal(topic, "news");
    bus->on_message = on_message;
    bus->user = user;
    return 0;
}

int um_bus_publish(struct um_bus *bus, const char *topic, const void *data,
                   size_t len)
{
    assert_string_equal(topic, "news");
    assert_true(len < sizeof bus->published);
    memcpy(bus->published, data, len);
    bus->published[len] = '\0';
    return 1;
}

bool um_bus_peer_at(const struct um_bus *bus, const struct p2p_peer_id *id,
                    const struct um_ip *ip)
{
    (void)bus;
    return p2p_peer_id_equal(id, &peer) && ip->len == 4 &&
           ip->bytes[0] == 192 && ip->bytes[3] <= 2;
}

bool um_bus_observed(const struct um_bus *bus, struct um_ip *ip)
{
    *ip = (struct um_ip){.len = 4, .bytes = {192, 0, 2, 99}};
    return bus->seen;
}

bool um_bus_own_ip(const struct um_bus *bus, const struct um_ip *ip)
{
    (void)bus;
    return ip->len == 4 && ip->bytes[0] == 192 && ip->bytes[3] == 99;
}

size_t um_bus_subscribers(const struct um_bus *bus, const char *topic)
{
    (void)bus;
    (void)topic;
    return 1;
}

static int resolve(void *user, const char *name,
                   void (*done)(void *arg, const struct um_ip *at, size_t n),
                   void *arg)
{
    struct scene *s = user;

    (void)name;
    assert_true(s->names < NAMES_MAX);
    s->name[s->names].done = done;
    s->name[s->names++].arg = arg;
    return 0;
}

static void apply(void *user, const struct um_article_config *config,
                  um_article_done *done, void *arg)
{
    struct scene *s = user;

    assert_true(s->applies < APPLIES_MAX && config->len < 128);
    memcpy(s->apply[s->applies].bytes, config->bytes, config->len);
    s->apply[s->applies].done = done;
    s->apply[s->applies++].arg = arg;
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    struct um_article_cfg cfg = {.apply = apply};

    assert_non_null(s);
    fetch_rig_init(&s->rig);
    s->bus.seen = true;
    s->resolver = (struct um_resolver){.user = s, .resolve = resolve};
    cfg.bus = &s->bus;
    cfg.fetch = &s->rig;
    cfg.apply_user = s;
    cfg.alarms = &s->rig.alarms;
    cfg.resolver = &s->resolver;
    cfg.log = &s->rig.log;
    s->article = um_article_new(&cfg);
    assert_non_null(s->article);
    return s;
}

static void scene_free(struct scene *s)
{
    for (size_t i = 0; i < s->applies; i++) {
        if (s->apply[i].done != NULL) {
            s->apply[i].done(s->apply[i].arg, UM_ARTICLE_NOT);
        }
    }
    um_article_free(s->article);
    fetch_rig_fini(&s->rig);
    free(s);
}

static void hear(struct scene *s, const char *text)
{
    s->bus.on_message(s->bus.user, &peer, text, strlen(text));
}

/* The applier is done with what came n-th. */
static void applied(struct scene *s, size_t n)
{
    s->apply[n].done(s->apply[n].arg, UM_ARTICLE_APPLIED);
    s->apply[n].done = NULL;
}

/* UM__CAP_ARTICLE_CONFIG_BYTES and UM__CAP_ARTICLE_PULL_MS: a pull has them
 * as its limits (what exceeds them is cut: test_fetch.c). */
static void test_a_pull_has_limits(void **state)
{
    struct scene *s = scene_new();
    const struct um_fetch_job *j;

    (void)state;
    hear(s, "192.0.2.1:9999");
    j = fetch_rig_job(&s->rig);
    assert_non_null(j);
    assert_string_equal(j->method, "GET");
    assert_string_equal(j->url, "http://192.0.2.1:8888/config");
    assert_string_equal(j->unix_path, "");
    assert_int_equal(j->req.max_answer, UM__CAP_ARTICLE_CONFIG_BYTES);
    assert_int_equal(j->req.timeout_ms, UM__CAP_ARTICLE_PULL_MS);
    assert_in_range(j->req.connect_ms, 1, UM__CAP_ARTICLE_PULL_MS);
    fetch_rig_answer(&s->rig, 200, "{ \"as\": \"it came\" }\r\n");
    assert_string_equal(s->apply[0].bytes, "{ \"as\": \"it came\" }\r\n");
    scene_free(s);
}

static void test_answers_that_are_none(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    hear(s, "192.0.2.1");
    fetch_rig_answer(&s->rig, 302, "{}");
    hear(s, "192.0.2.1");
    fetch_rig_answer(&s->rig, 404, "{}");
    hear(s, "192.0.2.1");
    fetch_rig_fail(&s->rig, UM_FETCH_TOO_BIG);
    assert_int_equal(s->applies, 0);
    assert_int_equal(fetch_rig_said(&s->rig, "it answered 302"), 1);
    assert_int_equal(fetch_rig_said(&s->rig, "it answered 404"), 1);
    assert_int_equal(fetch_rig_said(&s->rig, "cannot pull config"), 3);
    scene_free(s);
}

/* What an apply logs is its own message, whatever came meanwhile. */
static void test_a_late_apply_is_told_by_its_host(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    hear(s, "192.0.2.1");
    s->rig.now_ms += 5;
    fetch_rig_answer(&s->rig, 200, "{\"n\":1}");
    hear(s, "192.0.2.2"); /* while the first one is applied */
    s->rig.now_ms += 2;
    applied(s, 0);
    assert_int_equal(
        fetch_rig_said(&s->rig, "applied config from 192.0.2.1 in 7 ms"), 1);
    hear(s, "192.0.2.1"); /* while the second one is pulled */
    s->rig.now_ms += 3;
    fetch_rig_answer(&s->rig, 200, "{\"n\":2}");
    applied(s, 1);
    assert_int_equal(
        fetch_rig_said(&s->rig, "applied config from 192.0.2.2 in 5 ms"), 1);
    s->rig.now_ms += 10;
    fetch_rig_answer(&s->rig, 200, "{\"n\":3}");
    applied(s, 2);
    assert_int_equal(
        fetch_rig_said(&s->rig, "applied config from 192.0.2.1 in 13 ms"), 1);
    scene_free(s);
}

static void test_a_storm_is_two_pulls(void **state)
{
    struct scene *s = scene_new();
    struct um_article_stats stats;

    (void)state;
    for (int i = 0; i < 100; i++) {
        hear(s, i == 99 ? "192.0.2.2" : "192.0.2.1");
    }
    assert_int_equal(s->rig.started, 1);
    fetch_rig_answer(&s->rig, 200, "{}");
    assert_string_equal(fetch_rig_job(&s->rig)->url,
                        "http://192.0.2.2:8888/config");
    fetch_rig_answer(&s->rig, 200, "{}");
    assert_int_equal(s->rig.started, 2);
    um_article_stats(s->article, &stats);
    assert_int_equal(stats.received, 100);
    assert_int_equal(stats.pulls, 2);
    scene_free(s);
}

static void test_who_may_be_pulled_from(void **state)
{
    static const char *const others[] = {
        "192.0.2.3",   "127.0.0.1",  "[::1]",     "169.254.169.254",
        "224.0.0.251", "[fe80::1]",  "[ff02::1]", "0.0.0.0",
        "http://a/",   "192.0.2.1/", ""};
    const struct p2p_peer_id stranger = {.len = 34, .bytes = {0x12, 0x20, 8}};
    struct scene *s = scene_new();
    struct um_article_stats stats;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        hear(s, others[i]);
    }
    s->bus.on_message(s->bus.user, &stranger, "192.0.2.1", 9);
    um_article_stats(s->article, &stats);
    assert_int_equal(stats.refused, sizeof others / sizeof others[0] + 1);
    assert_int_equal(s->rig.started, 0);
    scene_free(s);
}

/* UM__CAP_ARTICLE_LOOKUPS names are looked up at a time. */
static void test_names_beyond_the_cap_are_dropped(void **state)
{
    const struct um_ip at[] = {{.len = 4, .bytes = {192, 0, 2, 77}},
                               {.len = 4, .bytes = {192, 0, 2, 2}}};
    struct scene *s = scene_new();

    (void)state;
    for (unsigned i = 0; i < UM__CAP_ARTICLE_LOOKUPS; i++) {
        hear(s, "node.example");
    }
    assert_int_equal(s->names, UM__CAP_ARTICLE_LOOKUPS);
    hear(s, "node.example");
    assert_int_equal(s->names, UM__CAP_ARTICLE_LOOKUPS);
    assert_int_equal(fetch_rig_said(&s->rig, "too many names"), 1);
    /* One answer makes room for one. */
    s->name[0].done(s->name[0].arg, at, 1);
    assert_int_equal(fetch_rig_said(&s->rig, "not pulling from node.example"),
                     1);
    hear(s, "node.example");
    assert_int_equal(s->names, UM__CAP_ARTICLE_LOOKUPS + 1);
    /* Of its addresses the one that the signer is connected from. */
    s->name[1].done(s->name[1].arg, at, 2);
    assert_string_equal(fetch_rig_job(&s->rig)->url,
                        "http://192.0.2.2:8888/config");
    for (size_t i = 2; i < s->names; i++) {
        s->name[i].done(s->name[i].arg, NULL, 0);
    }
    fetch_rig_answer(&s->rig, 200, "{}");
    scene_free(s);
}

static void test_what_is_published(void **state)
{
    struct scene *s = scene_new();
    struct um_article_posted out;

    (void)state;
    um_article_post(s->article, "node.example:3000", &out);
    assert_int_equal(out.status, 200);
    assert_string_equal(out.text, "Published config event to all other nodes");
    assert_string_equal(s->bus.published, "node.example");
    um_article_post(s->article, "127.0.0.1:3000", &out);
    assert_string_equal(s->bus.published, "192.0.2.99");
    um_article_post(s->article, "localhost", &out);
    assert_string_equal(s->bus.published, "192.0.2.99");
    s->bus.seen = false;
    um_article_post(s->article, "127.0.0.1", &out);
    assert_string_equal(s->bus.published, "127.0.0.1");
    um_article_post(s->article, "no host", &out);
    assert_int_equal(out.status, 400);
    um_article_post(s->article, NULL, &out);
    assert_int_equal(out.status, 400);
    scene_free(s);
}

static void test_the_end_while_it_pulls(void **state)
{
    struct scene *s = scene_new();

    (void)state;
    hear(s, "192.0.2.1");
    hear(s, "192.0.2.2");
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pull_has_limits),
        cmocka_unit_test(test_answers_that_are_none),
        cmocka_unit_test(test_a_late_apply_is_told_by_its_host),
        cmocka_unit_test(test_a_storm_is_two_pulls),
        cmocka_unit_test(test_who_may_be_pulled_from),
        cmocka_unit_test(test_names_beyond_the_cap_are_dropped),
        cmocka_unit_test(test_what_is_published),
        cmocka_unit_test(test_the_end_while_it_pulls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
