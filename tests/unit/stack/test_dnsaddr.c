/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * /dnsaddr: what is read of an answer, and what dials do with it. b is who is
 * looked for, at 10.0.0.2; the answers come from anybody.
 */
#include <stdio.h>
#include <stdlib.h>

#include "names.h"
#include "simhost.h"
#include "stack/dnsaddr.h"
#include "unit.h"

#define ID    "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"
#define OTHER "12D3KooWH3uVF6wv47WnArKHk5p6cvgCJEb74UTmxztmQDc298L3"

static struct p2p_multiaddr maddr(const char *text)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    return ma;
}

/* ---- reading ---- */

/* How many results there are, and the last one. */
static int count(const uint8_t *msg, size_t len, const char *asked,
                 struct p2p_multiaddr *last)
{
    struct p2p_multiaddr ma = maddr(asked);
    struct p2p__dnsaddr w;
    int n = p2p__dnsaddr_open(&w, msg, len, &ma);

    while (n >= 0 && p2p__dnsaddr_next(&w, last)) {
        n++;
    }
    return n;
}

static int count_texts(const char *const *texts, const char *asked)
{
    struct p2p_multiaddr last;
    uint8_t msg[9000];

    return count(msg, names_message(texts, msg, sizeof msg), asked, &last);
}

static void test_the_name(void **state)
{
    struct p2p_multiaddr ma = maddr("/dnsaddr/b.example/p2p/" ID);
    struct p2p_multiaddr dns = maddr("/dns4/b.example/tcp/1");
    char name[P2P__DNSADDR_NAME_MAX];

    (void)state;
    assert_true(p2p__dnsaddr_is(&ma));
    assert_false(p2p__dnsaddr_is(&dns));
    p2p__dnsaddr_name(&ma, name);
    assert_string_equal(name, "_dnsaddr.b.example");
}

static void test_results_end_with_what_was_asked_for(void **state)
{
    static const char *const texts[] = {
        "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" ID,
        "dnsaddr=/ip4/10.0.0.3/udp/4001/quic-v1/p2p/" ID,
        "dnsaddr=/ip4/10.0.0.4/tcp/4001/p2p/" OTHER,
        "dnsaddr=/ip4/10.0.0.5/tcp/4001",
        "dnsaddr=/dnsaddr/c.example/p2p/" ID,
        NULL};

    (void)state;
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example"), 5);
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example/p2p/" ID), 3);
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example/p2p/" OTHER), 1);
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example/tcp/4001/p2p/" ID),
                     1);
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example/tcp/4002"), 0);
}

/* The end is one of components: of "…/tcp/4001" the bytes of port 4001 alone
 * would end a hash, too. */
static void test_an_end_begins_with_a_component(void **state)
{
    static const char *const texts[] = {"dnsaddr=/unix/tcp/1/ws", NULL};

    (void)state;
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example/ws"), 0);
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example"), 1);
}

static void test_other_texts_are_passed_over(void **state)
{
    static const char *const texts[] = {"v=spf1 -all",
                                        "dnsaddr=",
                                        "dnsaddr",
                                        "dnsaddr=/",
                                        "dnsaddr=/ip4/",
                                        "DNSADDR=/ip4/10.0.0.2/tcp/1",
                                        "",
                                        "dnsaddr=/ip4/10.0.0.2/tcp/2",
                                        NULL};

    (void)state;
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example"), 1);
}

/* A long multiaddr is in two strings; one that is too long is no multiaddr. */
static void test_strings_of_a_record_are_joined(void **state)
{
    char text[4000] = "dnsaddr=/unix/";
    const char *const texts[] = {text, NULL};
    struct p2p_multiaddr last;
    uint8_t msg[9000];
    size_t len;

    (void)state;
    memset(text + strlen(text), 'a', 300);
    len = names_message(texts, msg, sizeof msg);
    assert_int_equal(count(msg, len, "/dnsaddr/b.example", &last), 1);
    assert_true(last.len > 300);
    memset(text + strlen(text), 'a', sizeof text - strlen(text) - 1);
    assert_int_equal(count_texts(texts, "/dnsaddr/b.example"), 0);
}

/* Of a message that is not whole, or no answer, nothing is taken. */
static void test_wrong_messages(void **state)
{
    static const char *const texts[] = {"dnsaddr=/ip4/10.0.0.2/tcp/1", NULL};
    struct p2p_multiaddr last;
    uint8_t msg[9001] = {0};
    size_t len = names_message(texts, msg, sizeof msg);
    const size_t string = len - strlen(texts[0]) - 1;

    (void)state;
    for (size_t n = 0; n < len; n++) {
        assert_true(count(msg, n, "/dnsaddr/b.example", &last) < 0);
    }
    for (unsigned bit = 0; bit < 16; bit++) { /* of the flags */
        static const uint16_t fatal = 0x8000 | 0x7800 | 0x0200 | 0x000f;
        bool bad = ((fatal >> bit) & 1U) != 0;

        msg[2 + (bit < 8)] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(count(msg, len, "/dnsaddr/b.example", &last) < 0, bad);
        msg[2 + (bit < 8)] ^= (uint8_t)(1U << bit % 8);
    }
    msg[string]++; /* longer than the record */
    assert_true(count(msg, len, "/dnsaddr/b.example", &last) < 0);
    msg[string] -= 2; /* the next one is */
    assert_true(count(msg, len, "/dnsaddr/b.example", &last) < 0);
    msg[string]++;
    assert_int_equal(count(msg, len, "/dnsaddr/b.example", &last), 1);
    assert_int_equal(count(msg, sizeof msg, "/dnsaddr/b.example", &last),
                     P2P_ETOOBIG);
}

static void test_only_texts_of_the_answer(void **state)
{
    static const uint16_t types[] = {P2P__DNS_TXT, P2P__DNS_SRV, P2P__DNS_TXT};
    static const enum p2p__dns_section sections[] = {
        P2P__DNS_ANSWER, P2P__DNS_ANSWER, P2P__DNS_ADDITIONAL};
    struct p2p_multiaddr last;
    struct p2p__dnsw w;
    uint8_t msg[512];

    (void)state;
    p2p__dnsw_init(&w, msg, sizeof msg, 0, P2P__DNS_RESPONSE);
    for (size_t i = 0; i < P2P__COUNT(types); i++) {
        size_t mark = p2p__dnsw_open(&w, sections[i], "x", types[i], 1);

        p2p__dnsw_text(&w, "dnsaddr=", "/ip4/10.0.0.2/tcp/1");
        p2p__dnsw_close(&w, mark);
    }
    assert_int_equal(
        count(msg, (size_t)p2p__dnsw_end(&w), "/dnsaddr/b.example", &last), 1);
}

/* ---- dialing ---- */

/* a, which asks; b, which listens; and how a's dial ended. */
struct scene {
    struct sim sim;
    struct names n;
    struct simhost a;
    struct simhost b;
    unsigned calls;
    int status;
    struct p2p_peer_id reached;
    char id[P2P_PEER_ID_TEXT_MAX]; /* b's */
};

static void scene_init(struct scene *s)
{
    const struct sim_cfg cfg = {
        .seed = 23, .latency_min = P2P__MS(5), .latency_max = P2P__MS(10)};

    memset(s, 0, sizeof *s);
    sim_init(&s->sim, &cfg, 4);
    names_init(&s->n, &s->sim);
    simhost_start(&s->a, &s->sim, 0, NULL);
    simhost_start(&s->b, &s->sim, 1, NULL);
    p2p_peer_id_text(p2p_host_id(s->b.host), s->id);
}

static void scene_fini(struct scene *s)
{
    assert_null(s->n.asked);
    simhost_stop(&s->a);
    simhost_stop(&s->b);
    sim_fini(&s->sim);
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct scene *s = user;

    s->calls++;
    s->status = status;
    if (peer != NULL) {
        s->reached = *peer;
    }
}

static void run(struct scene *s, p2p_ns span)
{
    sim_run(&s->sim, s->sim.now + span);
}

/* "%s" is b's id. */
static void dial(struct scene *s, const char *format)
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    (void)snprintf(text, sizeof text, format, s->id);
    s->calls = 0;
    assert_int_equal(p2p_host_dial(s->a.host, text, on_dialed, s), 0);
    run(s, P2P__MS(1));
}

/* Answers the query for this name with one text; "%s" is b's id. */
static void say(struct scene *s, const char *name, const char *format)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    const char *const texts[] = {text, NULL};

    (void)snprintf(text, sizeof text, format, s->id);
    assert_non_null(s->n.asked);
    assert_string_equal(s->n.asked->name, name);
    names_answer_texts(&s->n, texts);
    run(s, P2P__MS(1));
}

static void ends_with(struct scene *s, int status)
{
    run(s, P2P__SEC(1));
    assert_int_equal(s->calls, 1);
    assert_int_equal(s->status, status);
    assert_int_equal(simhost_conns(&s->a), status == 0 ? 1 : 0);
}

static void test_a_peer_is_found_by_its_name(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    say(&s, "_dnsaddr.b.example", "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/%s");
    ends_with(&s, 0);
    scene_fini(&s);
}

/* What is known of a peer is without /p2p/ID; it must be found all the same,
 * and nobody else. */
static void test_an_address_in_the_book(void **state)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct scene s;
    struct p2p__peer *peer;

    (void)state;
    scene_init(&s);
    (void)snprintf(text, sizeof text, "/dnsaddr/b.example/p2p/%s", s.id);
    assert_int_equal(p2p_host_add_addr(s.a.host, text, 0), 0);
    peer = p2p__book_find(&s.a.host->swarm->book, p2p_host_id(s.b.host));
    assert_int_equal(p2p__dial_peer(s.a.host->swarm, peer, s.sim.now), 0);
    run(&s, P2P__MS(1));
    say(&s, "_dnsaddr.b.example", "dnsaddr=/ip4/10.0.0.2/tcp/4001");
    run(&s, P2P__SEC(1));
    assert_int_equal(simhost_conns(&s.a), 0);
    run(&s, P2P__SEC(9));
    assert_int_equal(p2p__dial_peer(s.a.host->swarm, peer, s.sim.now), 0);
    run(&s, P2P__MS(1));
    say(&s, "_dnsaddr.b.example", "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/%s");
    run(&s, P2P__SEC(1));
    assert_int_equal(simhost_conns(&s.a), 1);
    scene_fini(&s);
}

/* Without /p2p/ID the first result that names a peer says who is meant. */
static void test_the_first_result_decides_who_it_is(void **state)
{
    char first[P2P_MULTIADDR_TEXT_MAX];
    const char *texts[] = {"dnsaddr=/ip4/10.0.0.4/tcp/4001/p2p/" OTHER, first,
                           NULL};
    struct scene s;

    (void)state;
    scene_init(&s);
    (void)snprintf(first, sizeof first, "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/%s",
                   s.id);
    dial(&s, "/dnsaddr/b.example");
    names_answer_texts(&s.n, texts + 1);
    ends_with(&s, 0);
    assert_true(p2p_peer_id_equal(&s.reached, p2p_host_id(s.b.host)));
    assert_int_equal(p2p_host_disconnect(s.a.host, &s.reached), 0);
    run(&s, P2P__SEC(1));
    dial(&s, "/dnsaddr/b.example");
    names_answer_texts(&s.n, texts); /* nobody is at 10.0.0.4 */
    run(&s, P2P__SEC(11));
    assert_int_equal(s.calls, 1);
    assert_true(s.status < 0);
    scene_fini(&s);
}

/* Who answers there must be the one that the record names. */
static void test_a_record_that_names_another(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/b.example");
    say(&s, "_dnsaddr.b.example", "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" OTHER);
    ends_with(&s, P2P_EPEER);
    scene_fini(&s);
}

static void test_names_behind_names(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    say(&s, "_dnsaddr.b.example", "dnsaddr=/dnsaddr/c.example/p2p/%s");
    say(&s, "_dnsaddr.c.example", "dnsaddr=/dns4/d.example/tcp/4001/p2p/%s");
    assert_string_equal(s.n.asked->name, "d.example");
    names_answer(&s.n, 0, 2, 1);
    ends_with(&s, 0);
    assert_int_equal(s.n.queries, 3);
    scene_fini(&s);
}

/* A chain of records ends at P2P__CAP_DNSADDR_DEPTH. */
static void test_records_without_end(void **state)
{
    char name[40], text[80];
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/n0/p2p/%s");
    for (unsigned i = 0; i < P2P__CAP_DNSADDR_DEPTH; i++) {
        (void)snprintf(name, sizeof name, "_dnsaddr.n%u", i);
        (void)snprintf(text, sizeof text, "dnsaddr=/dnsaddr/n%u/p2p/%%s",
                       i + 1);
        say(&s, name, text);
    }
    assert_int_equal(s.n.queries, P2P__CAP_DNSADDR_DEPTH);
    ends_with(&s, P2P_ENOADDR);
    scene_fini(&s);
}

/* A record that leads to itself is asked for once. */
static void test_a_loop(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    say(&s, "_dnsaddr.b.example", "dnsaddr=/dnsaddr/c.example/p2p/%s");
    say(&s, "_dnsaddr.c.example", "dnsaddr=/dnsaddr/b.example/p2p/%s");
    assert_int_equal(s.n.queries, 2);
    ends_with(&s, P2P_ENOADDR);
    scene_fini(&s);
}

/* A record that leads to many names, and to many addresses. */
static void test_many_results(void **state)
{
    enum { MANY = 64 };
    static char texts[MANY][160];
    const char *list[MANY + 1] = {NULL};
    struct scene s;

    (void)state;
    scene_init(&s);
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(texts[i], sizeof texts[i],
                       i % 2 == 0 ? "dnsaddr=/dnsaddr/c%u.example/p2p/%s"
                                  : "dnsaddr=/ip4/10.0.0.4/tcp/%u/p2p/%s",
                       i + 1, s.id);
        list[i] = texts[i];
    }
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    names_answer_texts(&s.n, list);
    assert_int_equal(s.n.queries, P2P__CAP_DIAL_NAMES);
    assert_int_equal(P2P__CONTAINER(p2p__list_first(&s.a.host->swarm->dials),
                                    struct p2p__dial, link)
                         ->n_targets,
                     P2P__CAP_DIAL_ADDRS);
    simhost_stop(&s.a); /* the rest is cancelled */
    assert_int_equal(s.n.cancelled, P2P__CAP_DIAL_NAMES - 1);
    assert_null(s.n.asked);
    simhost_stop(&s.b);
    sim_fini(&s.sim);
}

static void test_names_that_are_not_there(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    names_answer_msg(&s.n, P2P_ENOTFOUND, NULL, 0);
    ends_with(&s, P2P_ENOTFOUND);
    run(&s, P2P__SEC(600)); /* its back-off */
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    names_answer_msg(&s.n, 0, "no message", 10);
    run(&s, P2P__SEC(1));
    assert_true(s.calls == 1 && s.status < 0);
    s.sim.hosts[0].world.dns->texts = NULL; /* nobody to ask */
    assert_int_equal(p2p_host_dial(s.a.host, "/dnsaddr/b.example", NULL, NULL),
                     P2P_ENOTSUP);
    s.n.dns.texts = NULL;
    scene_fini(&s);
}

/* A resolver that says nothing ends no later than this; a late word comes to
 * nobody. */
static void test_names_have_a_time(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    dial(&s, "/dnsaddr/b.example/p2p/%s");
    run(&s, P2P__SEC(P2P__CAP_DIAL_NAME_S) - P2P__MS(100));
    assert_int_equal(s.calls, 0);
    run(&s, P2P__MS(200));
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.status, P2P_ETIMEDOUT);
    assert_int_equal(s.n.cancelled, 1);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_name),
        cmocka_unit_test(test_results_end_with_what_was_asked_for),
        cmocka_unit_test(test_an_end_begins_with_a_component),
        cmocka_unit_test(test_other_texts_are_passed_over),
        cmocka_unit_test(test_strings_of_a_record_are_joined),
        cmocka_unit_test(test_wrong_messages),
        cmocka_unit_test(test_only_texts_of_the_answer),
        cmocka_unit_test(test_a_peer_is_found_by_its_name),
        cmocka_unit_test(test_an_address_in_the_book),
        cmocka_unit_test(test_the_first_result_decides_who_it_is),
        cmocka_unit_test(test_a_record_that_names_another),
        cmocka_unit_test(test_names_behind_names),
        cmocka_unit_test(test_records_without_end),
        cmocka_unit_test(test_a_loop),
        cmocka_unit_test(test_many_results),
        cmocka_unit_test(test_names_that_are_not_there),
        cmocka_unit_test(test_names_have_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
