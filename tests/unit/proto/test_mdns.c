/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The core of mDNS: when it asks, answers, and tells of peers; T37. */
#include "proto/mdns/mdns.h"

#include <stdio.h>
#include <stdlib.h>

#include "hex.h"
#include "marked.h"
#include "mdns_packets.h"
#include "test_env.h"
#include "unit.h"

#define P2P_ID "/p2p/" JS_ID

struct node {
    struct test_env env;
    struct marked owner;
    struct p2p__mdns m;
    uint8_t packet[P2P__CAP_MDNS_SEND_BYTES];
    size_t len;
    struct p2p__mdns_to to;
    struct p2p__mdns_from from;
};

/* The link that packets come from, and another. */
#define LINK  2U
#define OTHER 7U

static struct node *node_new(const char *id, unsigned forms)
{
    const uint32_t link = LINK;
    struct node *n = calloc(1, sizeof *n);
    struct p2p__mdns_cfg cfg = {.forms = forms};

    assert_non_null(n);
    test_env_init(&n->env, 11);
    marked_init(&n->owner);
    cfg.owner = &n->owner.job;
    cfg.env = &n->env.env;
    assert_int_equal(p2p_peer_id_from_text(id, strlen(id), &cfg.self), 0);
    assert_int_equal(p2p__mdns_init(&n->m, &cfg, 0), 0);
    n->from.addr = (struct p2p__addr){
        .family = 4, .ip = {192, 168, 7, 3}, .port = P2P__MDNS_PORT};
    n->from.ifindex = LINK;
    p2p__mdns_set_links(&n->m, &link, 1);
    return n;
}

static void node_free(struct node *n)
{
    p2p__mdns_fini(&n->m);
    free(n);
}

static void set_addr(struct node *n, const char *text, p2p_ns now)
{
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    p2p__mdns_set_addrs(&n->m, &ma, 1, now);
}

/* Draws one datagram in memory of just the size that is promised. */
static bool draw(struct node *n, p2p_ns now)
{
    uint8_t *buf = malloc(P2P__CAP_MDNS_SEND_BYTES);
    struct p2p__outbuf out = {.p = buf, .cap = P2P__CAP_MDNS_SEND_BYTES};
    struct p2p__mdns_to to;
    bool rv;

    assert_non_null(buf);
    rv = p2p__mdns_tx(&n->m, &out, &to, now);
    memcpy(n->packet, buf, out.len);
    n->len = out.len;
    n->to = rv ? to : n->to; /* of the last one */
    assert_true(rv == (out.len > 0));
    free(buf);
    return rv;
}

static unsigned draw_all(struct node *n, p2p_ns now)
{
    unsigned count = 0;

    while (draw(n, now)) {
        count++;
        assert_true(count < 100);
    }
    return count;
}

static int rx_bytes(struct node *n, const uint8_t *p, size_t len, p2p_ns now)
{
    uint8_t *copy = malloc(len);
    struct p2p__slice in = {.p = copy, .len = len};
    int rv;

    assert_non_null(copy);
    memcpy(copy, p, len);
    rv = p2p__mdns_rx(&n->m, &in, &n->from, now);
    free(copy);
    return rv;
}

static int rx_hex(struct node *n, const char *hex, p2p_ns now)
{
    uint8_t p[1024];
    size_t len = unhex(hex, p, sizeof p);

    return rx_bytes(n, p, len, now);
}

/* An answer of the peer that number `i` names. */
static int rx_peer(struct node *n, unsigned i, const char *addr, p2p_ns now)
{
    uint8_t p[512];
    struct p2p_peer_id id = {.len = 34, .bytes = {0x12, 0x20}};
    char text[200], buf[P2P_PEER_ID_TEXT_MAX];
    struct p2p__dnsw w;
    size_t mark;

    memcpy(id.bytes + 2, &i, sizeof i);
    (void)snprintf(text, sizeof text, "dnsaddr=%s/p2p/%s", addr,
                   p2p_peer_id_text(&id, buf));
    p2p__dnsw_init(&w, p, sizeof p, 0, 0x8400);
    mark = p2p__dnsw_open(&w, P2P__DNS_ADDITIONAL, "x._p2p._udp.local",
                          P2P__DNS_TXT, 120);
    p2p__dnsw_text(&w, "", text);
    p2p__dnsw_close(&w, mark);
    return rx_bytes(n, p, (size_t)p2p__dnsw_end(&w), now);
}

static bool is_found(struct node *n)
{
    struct p2p__mdns_ev ev;

    return p2p__mdns_next(&n->m, &ev);
}

static void test_asks_at_once_then_less_and_less(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    p2p_ns at = 0, last = 0;

    (void)state;
    assert_true(draw(n, 0));
    assert_hex(n->packet, n->len, JS3_QUERY);
    assert_int_equal(n->to.dest, P2P__MDNS_TO_GROUP);
    assert_false(draw(n, 0));
    for (unsigned gap = 1000; gap < 100000; gap *= 2) {
        p2p_ns want = p2p__ns_min(P2P__MS(gap), P2P__MDNS_INTERVAL);

        at = p2p__mdns_deadline(&n->m);
        assert_in_range(at - last, want - want / 10, want + want / 10);
        p2p__mdns_expire(&n->m, at - 1);
        assert_false(draw(n, at - 1));
        p2p__mdns_expire(&n->m, at);
        assert_true(draw(n, at));
        assert_hex(n->packet, n->len, JS3_QUERY);
        assert_false(draw(n, at));
        last = at;
    }
    p2p__mdns_ask(&n->m, at);
    assert_int_equal(draw_all(n, at), 1);
    assert_in_range(p2p__mdns_deadline(&n->m) - at, P2P__MS(900),
                    P2P__MS(1100));
    node_free(n);
}

/* The next moment at which it would ask; so long before it somebody else
 * does, by the group or not. Whether it asks itself. */
static bool asks_after(struct node *n, p2p_ns before, bool unicast)
{
    const p2p_ns at = p2p__mdns_deadline(&n->m);

    n->from.unicast = unicast;
    assert_int_equal(rx_hex(n, JS3_QUERY, at - before), 0);
    p2p__mdns_expire(&n->m, at);
    return draw_all(n, at) > 0;
}

static void test_leaves_questions_to_others(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);

    (void)state;
    (void)draw_all(n, 0);
    for (int i = 0; i < 3; i++) { /* in the beginning it asks itself */
        assert_true(asks_after(n, P2P__MS(100), false));
    }
    assert_false(asks_after(n, P2P__SEC(1), false));
    assert_false(asks_after(n, P2P__SEC(7), false));
    assert_true(asks_after(n, P2P__MS(8500), false)); /* too long ago */
    assert_true(asks_after(n, P2P__SEC(1), true));    /* others got nothing */
    for (int i = 0; i < 11; i++) {
        assert_false(asks_after(n, P2P__SEC(1), false));
    }
    assert_true(asks_after(n, P2P__SEC(1), false)); /* not for ever */
    assert_false(asks_after(n, P2P__SEC(1), false));
    p2p__mdns_ask(&n->m, p2p__mdns_deadline(&n->m)); /* somebody is wanted */
    assert_int_equal(draw_all(n, p2p__mdns_deadline(&n->m)), 1);
    node_free(n);
}

/* On one link somebody asks all the time, on the other nobody. */
static void test_a_link_is_asked_though_another_is(void **state)
{
    const uint32_t links[] = {LINK, OTHER};
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    p2p_ns at;

    (void)state;
    p2p__mdns_set_links(&n->m, links, 2);
    assert_int_equal(draw_all(n, 0), 1);
    for (int i = 0; i < 3; i++) {
        assert_true(asks_after(n, P2P__MS(100), false));
    }
    for (int i = 0; i < 11; i++) {
        assert_true(asks_after(n, P2P__SEC(1), false));
        assert_false(p2p__mdns_is_on(&n->to.on, LINK));
        assert_true(p2p__mdns_is_on(&n->to.on, OTHER));
    }
    assert_true(asks_after(n, P2P__SEC(1), false)); /* not for ever */
    assert_true(p2p__mdns_is_on(&n->to.on, LINK));
    /* What was heard on a link stays known when another one goes. */
    at = p2p__mdns_deadline(&n->m);
    n->from.unicast = false;
    assert_int_equal(rx_hex(n, JS3_QUERY, at - P2P__SEC(1)), 0);
    p2p__mdns_set_links(&n->m, links, 1);
    p2p__mdns_expire(&n->m, at);
    assert_false(draw(n, at));
    /* A link that is new is asked. */
    p2p__mdns_set_links(&n->m, links + 1, 1);
    assert_true(asks_after(n, P2P__SEC(1), false));
    node_free(n);
}

/* On so many links nothing is left to others. */
static void test_many_links_are_all_asked(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    uint32_t links[P2P__MDNS_LINKS + 1];

    (void)state;
    for (uint32_t i = 0; i < P2P__COUNT(links); i++) {
        links[i] = LINK + i;
    }
    (void)draw_all(n, 0);
    p2p__mdns_set_links(&n->m, links, P2P__MDNS_LINKS);
    for (int i = 0; i < 4; i++) {
        assert_true(asks_after(n, P2P__MS(100), false));
    }
    assert_false(p2p__mdns_is_on(&n->to.on, LINK));
    p2p__mdns_set_links(&n->m, links, P2P__COUNT(links));
    assert_true(asks_after(n, P2P__MS(100), false));
    assert_true(p2p__mdns_is_on(&n->to.on, LINK));
    assert_true(p2p__mdns_is_on(&n->to.on, LINK + P2P__MDNS_LINKS));
    node_free(n);
}

/* Nobody on another link waits for what was asked on this one. */
static void test_an_answer_goes_where_it_was_asked_for(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    const p2p_ns now = P2P__SEC(100), soon = now + P2P__MDNS_JITTER;

    (void)state;
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    assert_true(draw(n, 0)); /* the question */
    assert_true(draw(n, 0)); /* the record is new: all hear it */
    assert_true(n->to.on.all);
    p2p__mdns_expire(&n->m, now);
    assert_int_equal(draw_all(n, now), 1);
    assert_int_equal(rx_hex(n, JS3_QUERY, now), 0);
    p2p__mdns_expire(&n->m, soon);
    assert_true(draw(n, soon));
    assert_true(p2p__mdns_is_on(&n->to.on, LINK));
    assert_false(p2p__mdns_is_on(&n->to.on, OTHER));
    assert_false(draw(n, soon));
    /* Asked on both at once it says it once, on both. */
    assert_int_equal(rx_hex(n, JS3_QUERY, soon), 0);
    n->from.ifindex = OTHER;
    assert_int_equal(rx_hex(n, JS3_QUERY, soon), 0);
    p2p__mdns_expire(&n->m, soon + P2P__SEC(1));
    assert_true(draw(n, soon + P2P__SEC(1)));
    assert_true(p2p__mdns_is_on(&n->to.on, LINK));
    assert_true(p2p__mdns_is_on(&n->to.on, OTHER));
    assert_false(n->to.on.all);
    assert_false(draw(n, soon + P2P__SEC(1)));
    /* Where a question came from is not always known. */
    n->from.ifindex = 0;
    assert_int_equal(rx_hex(n, JS3_QUERY, soon + P2P__SEC(2)), 0);
    p2p__mdns_expire(&n->m, soon + P2P__SEC(3));
    assert_true(draw_all(n, soon + P2P__SEC(3)) > 0);
    assert_true(n->to.on.all);
    node_free(n);
}

static void test_asks_in_all_its_forms(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY | P2P__MDNS_2021);

    (void)state;
    assert_true(draw(n, 0));
    assert_hex(n->packet, n->len, JS3_QUERY);
    assert_true(draw(n, 0));
    assert_hex(n->packet, n->len, JS2021_QUERY);
    assert_int_equal(n->to.dest, P2P__MDNS_TO_GROUP);
    assert_true(draw(n, 0));
    assert_hex(n->packet, n->len, GO2021_QUERY);
    assert_int_equal(n->to.dest, P2P__MDNS_TO_GROUP_ALONE);
    assert_false(draw(n, 0));
    node_free(n);
}

static void test_a_question_makes_it_speak_to_all(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    struct node *other = node_new(JS_ID, P2P__MDNS_TODAY);
    struct p2p__mdns_ev ev;
    char buf[P2P_MULTIADDR_TEXT_MAX];
    p2p_ns now = P2P__SEC(100), at;

    (void)state;
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    assert_int_equal(draw_all(n, 0), 2);
    assert_int_equal(rx_hex(n, JS3_QUERY, now), 0);
    assert_int_equal(rx_hex(n, JS3_QUERY, now), 0);
    at = p2p__mdns_deadline(&n->m);
    p2p__mdns_expire(&n->m, now); /* the question that is due */
    assert_int_equal(draw_all(n, now), 1);
    at = p2p__mdns_deadline(&n->m);
    assert_in_range(at, now, now + P2P__MDNS_JITTER);
    p2p__mdns_expire(&n->m, at);
    assert_true(draw(n, at));
    assert_int_equal(n->to.dest, P2P__MDNS_TO_GROUP);
    assert_int_equal(rx_bytes(other, n->packet, n->len, at), 0);
    assert_true(p2p__mdns_next(&other->m, &ev));
    assert_true(p2p_peer_id_equal(ev.id, &n->m.announce.self));
    assert_int_equal(ev.count, 1);
    assert_string_equal(p2p_multiaddr_text(&ev.addrs[0], buf),
                        "/ip4/192.168.7.3/tcp/40001");
    assert_int_equal(ev.ttl, P2P__SEC(P2P__MDNS_TTL_S));
    assert_false(p2p__mdns_next(&other->m, &ev));
    assert_false(draw(n, at));
    node_free(n);
    node_free(other);
}

static void test_it_answers_no_form_that_is_off(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);

    (void)state;
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    (void)draw_all(n, 0);
    assert_int_equal(rx_hex(n, JS2021_QUERY, 10), 0);
    n->from.addr.port = 1234;
    assert_int_equal(rx_hex(n, GO2021_QUERY, 10), 0);
    assert_int_equal(draw_all(n, P2P__MS(100)), 0);
    node_free(n);
    n = node_new(JS_QM_ID, P2P__MDNS_2021);
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    assert_int_equal(draw_all(n, 0), 3);
    assert_int_equal(rx_hex(n, JS3_QUERY, 10), 0);
    assert_int_equal(draw_all(n, P2P__MS(100)), 0);
    assert_int_equal(rx_hex(n, JS2021_QUERY, 10), 0);
    assert_int_equal(draw_all(n, P2P__MS(100)), 1);
    node_free(n);
}

static void test_nothing_is_said_without_addresses(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY | P2P__MDNS_2021);

    (void)state;
    (void)draw_all(n, 0);
    assert_int_equal(rx_hex(n, JS3_QUERY, 10), 0);
    assert_int_equal(rx_hex(n, JS2021_QUERY, 10), 0);
    n->from.addr.port = 1234;
    assert_int_equal(rx_hex(n, GO2021_QUERY, 10), 0);
    assert_int_equal(draw_all(n, P2P__MS(100)), 0);
    /* Nor once they are gone. */
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 20);
    assert_int_equal(rx_hex(n, GO2021_QUERY, 20), 0);
    p2p__mdns_set_addrs(&n->m, NULL, 0, 20);
    assert_int_equal(draw_all(n, P2P__MS(100)), 0);
    node_free(n);
}

static void test_a_change_is_said_to_all(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY | P2P__MDNS_2021);

    (void)state;
    (void)draw_all(n, 0);
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 5);
    assert_int_equal(draw_all(n, 5), 2);
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 6);
    assert_int_equal(draw_all(n, 6), 0);
    node_free(n);
}

/* After sleep: a question, and an answer that nobody asked for. */
static void test_we_say_again_that_we_are_here(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    const p2p_ns later = P2P__SEC(60);

    (void)state;
    (void)draw_all(n, 0);
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 5);
    assert_int_equal(draw_all(n, 5), 1);
    p2p__mdns_ask(&n->m, later);
    assert_int_equal(draw_all(n, later), 1);
    p2p__mdns_again(&n->m, 2 * later);
    assert_int_equal(draw_all(n, 2 * later), 2);
    node_free(n);
}

static void test_a_thousand_questions_make_few_answers(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    unsigned said = 0;

    (void)state;
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    (void)draw_all(n, 0);
    for (p2p_ns now = P2P__SEC(100); now < P2P__SEC(105); now += P2P__MS(5)) {
        assert_int_equal(rx_hex(n, JS3_QUERY, now), 0);
        said += draw_all(n, now);
    }
    assert_in_range(
        said, P2P__SEC(5) / P2P__CAP_MDNS_ANSWERS_EACH,
        P2P__CAP_MDNS_ANSWERS + P2P__SEC(5) / P2P__CAP_MDNS_ANSWERS_EACH);
    node_free(n);
}

static void test_who_asks_alone_is_answered_alone(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_2021);
    struct p2p__dns d;
    struct p2p__dns_rr rr;

    (void)state;
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    (void)draw_all(n, 0);
    n->from.addr.port = 49999;
    assert_int_equal(rx_hex(n, GO2021_QUERY, 10), 0);
    assert_true(draw(n, 10));
    assert_int_equal(n->to.dest, P2P__MDNS_TO_ONE);
    assert_int_equal(n->to.addr.port, 49999);
    assert_int_equal(n->to.addr.ip[0], 192);
    assert_int_equal(n->to.ifindex, 2);
    /* RFC 6762, 6.7: with the id and the question. */
    assert_int_equal(p2p__dns_open(&d, n->packet, n->len), 0);
    assert_int_equal(d.id, 1);
    assert_true(p2p__dns_next(&d, &rr));
    assert_int_equal(rr.section, P2P__DNS_QUESTION);
    assert_string_equal(rr.name, P2P__MDNS_SERVICE_GO);
    assert_false(draw(n, 10));
    node_free(n);
}

static void test_askers_are_few_and_of_the_link(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_2021);
    unsigned said = 0;

    (void)state;
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    (void)draw_all(n, 0);
    n->from.addr.port = 49999;
    for (unsigned i = 0; i < P2P__CAP_MDNS_ASKERS; i++) {
        assert_int_equal(rx_hex(n, GO2021_QUERY, 10), 0);
    }
    assert_int_equal(rx_hex(n, GO2021_QUERY, 10), P2P_ELIMIT);
    assert_int_equal(draw_all(n, 10), P2P__CAP_MDNS_ASKERS);
    for (unsigned i = 0; i < 1000; i++) {
        (void)rx_hex(n, GO2021_QUERY, 10);
        said += draw_all(n, 10);
    }
    assert_int_equal(said, P2P__CAP_MDNS_ASKED - P2P__CAP_MDNS_ASKERS);
    assert_int_equal(rx_hex(n, GO2021_QUERY, 9 + P2P__CAP_MDNS_ASKED_EACH),
                     P2P_ELIMIT);
    assert_int_equal(rx_hex(n, GO2021_QUERY, 10 + P2P__CAP_MDNS_ASKED_EACH), 0);
    /* We are no mirror for an address that is far away. */
    n->from.addr.ip[0] = 8;
    assert_int_equal(rx_hex(n, GO2021_QUERY, P2P__SEC(60)), P2P_EUNREACH);
    node_free(n);
}

static void test_tools_are_told_the_service(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    uint8_t p[64];
    struct p2p__dnsw w;
    struct p2p__dns d;
    struct p2p__dns_rr rr;
    char name[P2P__DNS_NAME_MAX];

    (void)state;
    (void)draw_all(n, 0);
    p2p__dnsw_init(&w, p, sizeof p, 0, 0);
    p2p__dnsw_question(&w, P2P__MDNS_SERVICES, P2P__DNS_PTR);
    assert_int_equal(rx_bytes(n, p, (size_t)p2p__dnsw_end(&w), 5), 0);
    assert_true(draw(n, 5));
    assert_int_equal(p2p__dns_open(&d, n->packet, n->len), 0);
    assert_true(p2p__dns_next(&d, &rr));
    assert_string_equal(rr.name, P2P__MDNS_SERVICES);
    assert_int_equal(p2p__dns_target(&d, &rr, 0, name), 0);
    assert_string_equal(name, P2P__MDNS_SERVICE);
    assert_false(draw(n, 5));
    node_free(n);
}

static void test_who_has_output_marks_its_owner(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY | P2P__MDNS_2021);
    uint8_t p[64];
    struct p2p__dnsw w;
    p2p_ns now = P2P__SEC(50), at;

    (void)state;
    assert_true(marked_taken(&n->owner));
    (void)draw_all(n, 0);
    set_addr(n, "/ip4/192.168.7.3/tcp/40001", 0);
    assert_true(marked_taken(&n->owner));
    (void)draw_all(n, 0);
    p2p__mdns_expire(&n->m, P2P__MS(1));
    assert_false(marked_taken(&n->owner));
    p2p__mdns_expire(&n->m, now);
    assert_true(marked_taken(&n->owner)); /* the questions */
    (void)draw_all(n, now);
    assert_int_equal(rx_hex(n, JS3_QUERY, now), 0);
    (void)marked_taken(&n->owner);
    at = p2p__mdns_deadline(&n->m);
    p2p__mdns_expire(&n->m, at);
    assert_true(marked_taken(&n->owner)); /* the record */
    (void)draw_all(n, at);
    p2p__dnsw_init(&w, p, sizeof p, 0, 0);
    p2p__dnsw_question(&w, P2P__MDNS_SERVICES, P2P__DNS_PTR);
    assert_int_equal(rx_bytes(n, p, (size_t)p2p__dnsw_end(&w), at), 0);
    assert_true(marked_taken(&n->owner));
    n->from.addr.port = 4000;
    assert_int_equal(rx_hex(n, GO2021_QUERY, at), 0);
    assert_true(marked_taken(&n->owner));
    assert_int_equal(draw_all(n, at), 2);
    p2p__mdns_ask(&n->m, at);
    assert_true(marked_taken(&n->owner));
    node_free(n);
}

static void test_a_record_begins_anew_when_it_changes(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    struct p2p_multiaddr addrs[P2P__CAP_MDNS_ADDRS];
    unsigned whole;

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(addrs); i++) {
        char text[200];
        int len = snprintf(text, sizeof text,
                           "/ip4/10.0.0.1/tcp/%zu/tls/sni/%0100d/ws", i + 1, 7);

        assert_int_equal(p2p_multiaddr_from_text(text, (size_t)len, &addrs[i]),
                         0);
    }
    (void)draw_all(n, 0);
    p2p__mdns_set_addrs(&n->m, addrs, P2P__COUNT(addrs), P2P__SEC(10));
    whole = draw_all(n, P2P__SEC(10));
    assert_true(whole > 1);
    p2p__mdns_set_addrs(&n->m, addrs, P2P__COUNT(addrs) - 1, P2P__SEC(20));
    assert_true(draw(n, P2P__SEC(20)));
    p2p__mdns_set_addrs(&n->m, addrs, P2P__COUNT(addrs), P2P__SEC(20));
    assert_int_equal(draw_all(n, P2P__SEC(30)), whole);
    node_free(n);
}

static void test_sources_of_ip6_are_told_apart(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);

    (void)state;
    n->from.addr = (struct p2p__addr){
        .family = 6, .ip = {0xfe, 0x80}, .port = P2P__MDNS_PORT};
    for (unsigned i = 0; i < P2P__CAP_MDNS_PACKETS; i++) {
        assert_int_equal(rx_hex(n, JS3_QUERY, 1), 0);
    }
    assert_int_equal(rx_hex(n, JS3_QUERY, 1), P2P_ELIMIT);
    n->from.addr.ip[15] = 1;
    assert_int_equal(rx_hex(n, JS3_QUERY, 1), 0);
    node_free(n);
}

static void test_our_own_answer_is_ignored(void **state)
{
    struct node *n = node_new(JS_ID, P2P__MDNS_TODAY);

    (void)state;
    assert_int_equal(rx_hex(n, JS3_ANSWER, 1), P2P_ESELF);
    assert_false(is_found(n));
    node_free(n);
}

static void test_a_peer_is_told_once_and_then_refreshed(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    struct p2p_peer_id id;
    p2p_ns now = 0;

    (void)state;
    assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
    assert_true(is_found(n));
    assert_false(is_found(n));
    for (now = P2P__SEC(1); now < P2P__MDNS_REFRESH; now += P2P__SEC(1)) {
        assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
        assert_false(is_found(n));
    }
    assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
    assert_true(is_found(n));
    assert_int_equal(p2p_peer_id_from_text(JS_ID, strlen(JS_ID), &id), 0);
    p2p__mdns_forget(&n->m, &id, now);
    assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
    assert_true(is_found(n));
    node_free(n);
}

/* A peer whose connection is gone is asked for within a second, and then less
 * and less; however often it goes, once a second. Who was never told of is not
 * missed. */
static void test_who_is_gone_is_asked_for(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    struct p2p_peer_id id;
    p2p_ns now = P2P__SEC(100), at, last;
    unsigned asked = 0;

    (void)state;
    for (p2p_ns t = 0; t < now; t = p2p__mdns_deadline(&n->m)) {
        p2p__mdns_expire(&n->m, t);
        assert_int_equal(draw_all(n, t), 1);
        at = p2p__mdns_deadline(&n->m);
        now = at >= P2P__SEC(100) ? at - P2P__SEC(5) : now;
    }
    assert_int_equal(p2p_peer_id_from_text(JS_ID, strlen(JS_ID), &id), 0);
    at = p2p__mdns_deadline(&n->m);
    p2p__mdns_forget(&n->m, &id, now);
    assert_int_equal(p2p__mdns_deadline(&n->m), at);
    assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
    p2p__mdns_forget(&n->m, &id, now);
    at = p2p__mdns_deadline(&n->m);
    assert_in_range(at - now, 0, P2P__MS(100));
    p2p__mdns_expire(&n->m, at);
    assert_int_equal(draw_all(n, at), 1);
    last = at;
    at = p2p__mdns_deadline(&n->m);
    assert_in_range(at - last, P2P__MS(900), P2P__MS(1100));
    /* It comes and goes fifty times a second. */
    for (p2p_ns t = last; t < last + P2P__SEC(10); t += P2P__MS(20)) {
        if (t >= p2p__mdns_deadline(&n->m)) {
            p2p__mdns_expire(&n->m, t);
            asked += draw_all(n, t);
        }
        (void)rx_hex(n, JS3_ANSWER, t);
        p2p__mdns_forget(&n->m, &id, t);
    }
    assert_in_range(asked, 9, 11);
    node_free(n);
}

static void test_a_peer_that_moves_is_told_again(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    unsigned told = 0;
    char addr[64];

    (void)state;
    for (unsigned port = 1; port <= 100; port++) {
        (void)snprintf(addr, sizeof addr, "/ip4/10.0.0.1/tcp/%u", port);
        assert_int_equal(rx_peer(n, 1, addr, 1), 0);
        told += is_found(n) ? 1 : 0;
    }
    assert_int_equal(told, 1 + P2P__CAP_MDNS_AGAIN);
    assert_int_equal(
        rx_peer(n, 1, "/ip4/10.0.0.2/tcp/1", P2P__CAP_MDNS_AGAIN_EACH), 0);
    assert_false(is_found(n));
    assert_int_equal(
        rx_peer(n, 1, "/ip4/10.0.0.2/tcp/1", 1 + P2P__CAP_MDNS_AGAIN_EACH), 0);
    assert_true(is_found(n));
    node_free(n);
}

static void test_T37_forged_peers_of_one_source_are_few(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    unsigned told = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) { /* in ten seconds */
        (void)rx_peer(n, i, "/ip4/10.0.0.1/tcp/1", 1 + P2P__MS(i));
        told += is_found(n) ? 1 : 0;
    }
    assert_in_range(told, P2P__CAP_MDNS_SOURCE_NEW,
                    P2P__CAP_MDNS_SOURCE_NEW +
                        P2P__SEC(10) / P2P__CAP_MDNS_SOURCE_NEW_EACH);
    /* Another source is heard all the same. */
    n->from.addr.ip[3] = 99;
    assert_int_equal(rx_peer(n, 99999, "/ip4/10.0.0.1/tcp/1", P2P__SEC(10)), 0);
    assert_true(is_found(n));
    node_free(n);
}

static void test_T37_forged_peers_of_many_sources_are_few(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    unsigned told = 0;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) { /* in ten seconds */
        n->from.addr.ip[2] = (uint8_t)(i >> 8);
        n->from.addr.ip[3] = (uint8_t)i;
        (void)rx_peer(n, i, "/ip4/10.0.0.1/tcp/1", 1 + P2P__MS(i));
        told += is_found(n) ? 1 : 0;
    }
    assert_in_range(told, P2P__CAP_MDNS_NEW,
                    P2P__CAP_MDNS_NEW + P2P__SEC(10) / P2P__CAP_MDNS_NEW_EACH);
    assert_true(told <= 64);
    /* And slowly more, as long as it goes on. */
    assert_int_equal(rx_peer(n, 99999, "/ip4/10.0.0.1/tcp/1",
                             P2P__SEC(10) + P2P__CAP_MDNS_NEW_EACH),
                     0);
    assert_true(is_found(n));
    node_free(n);
}

static void test_peers_that_answer_outlive_forged_ones(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    p2p_ns now = 1, last = 1;
    unsigned told = 0;

    (void)state;
    assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
    assert_true(is_found(n));
    for (unsigned i = 0; told < 2 * P2P__CAP_MDNS_PEERS; i++) {
        now += P2P__SEC(1);
        n->from.addr.ip[3] = (uint8_t)(3 + i % 8);
        assert_int_equal(rx_peer(n, i, "/ip4/10.0.0.1/tcp/1", now), 0);
        told += is_found(n) ? 1 : 0;
        n->from.addr.ip[3] = 3;
        assert_int_equal(rx_hex(n, JS3_ANSWER, now), 0);
        /* Told as a refresh, and just then: it was never forgotten. */
        assert_true(is_found(n) == (now - last >= P2P__MDNS_REFRESH));
        last = now - last >= P2P__MDNS_REFRESH ? now : last;
    }
    /* The first forged one was: it needs a welcome, and finds none when the
     * others have used them up. */
    for (unsigned i = 0; i < 2 * P2P__CAP_MDNS_NEW; i++) {
        n->from.addr.ip[3] = (uint8_t)(100 + i);
        assert_int_equal(rx_peer(n, 100000 + i, "/ip4/10.0.0.1/tcp/1", now), 0);
        (void)is_found(n);
    }
    assert_int_equal(rx_peer(n, 0, "/ip4/10.0.0.1/tcp/1", now), 0);
    assert_false(is_found(n));
    now += P2P__SEC(60);
    assert_int_equal(rx_peer(n, 0, "/ip4/10.0.0.1/tcp/1", now), 0);
    assert_true(is_found(n));
    node_free(n);
}

static void test_a_loud_source_is_not_read(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);

    (void)state;
    for (unsigned i = 0; i < P2P__CAP_MDNS_PACKETS; i++) {
        assert_int_equal(rx_hex(n, JS3_QUERY, 1), 0);
    }
    assert_int_equal(rx_hex(n, JS3_QUERY, 1), P2P_ELIMIT);
    assert_int_equal(rx_hex(n, JS3_QUERY, P2P__CAP_MDNS_PACKETS_EACH),
                     P2P_ELIMIT);
    assert_int_equal(rx_hex(n, JS3_QUERY, 1 + P2P__CAP_MDNS_PACKETS_EACH), 0);
    n->from.addr.ip[3]++;
    assert_int_equal(rx_hex(n, JS3_QUERY, 1), 0);
    node_free(n);
}

/* A table that ends: who was not heard for longest is counted anew. */
static void test_sources_beyond_the_cap_are_forgotten(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    const uint8_t loud = n->from.addr.ip[3];

    (void)state;
    for (unsigned i = 0; i < P2P__CAP_MDNS_PACKETS; i++) {
        assert_int_equal(rx_hex(n, JS3_QUERY, 1), 0);
    }
    for (unsigned i = 1; i <= P2P__CAP_MDNS_SOURCES; i++) {
        n->from.addr.ip[3] = loud;
        assert_int_equal(rx_hex(n, JS3_QUERY, 1), P2P_ELIMIT);
        n->from.addr.ip[3] = (uint8_t)(loud + i);
        assert_int_equal(rx_hex(n, JS3_QUERY, 2), 0);
    }
    n->from.addr.ip[3] = loud;
    assert_int_equal(rx_hex(n, JS3_QUERY, 2), 0);
    node_free(n);
}

static void test_loud_sources_together_are_not_read(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);
    unsigned read = 0;

    (void)state;
    for (unsigned i = 0; i < 2 * P2P__CAP_MDNS_ALL_PACKETS; i++) {
        n->from.addr.ip[3] = (uint8_t)(i % (P2P__CAP_MDNS_SOURCES + 1));
        read += rx_hex(n, JS3_QUERY, 1) == 0 ? 1 : 0;
    }
    assert_int_equal(read, P2P__CAP_MDNS_ALL_PACKETS);
    assert_int_equal(rx_hex(n, JS3_QUERY, P2P__CAP_MDNS_ALL_PACKETS_EACH),
                     P2P_ELIMIT);
    assert_int_equal(rx_hex(n, JS3_QUERY, 1 + P2P__CAP_MDNS_ALL_PACKETS_EACH),
                     0);
    node_free(n);
}

static void test_T37_what_comes_from_off_the_link_is_ignored(void **state)
{
    struct node *n = node_new(JS_QM_ID, P2P__MDNS_TODAY);

    (void)state;
    n->from.unicast = true;
    assert_int_equal(rx_hex(n, JS3_ANSWER, 1), 0);
    assert_true(is_found(n));
    n->from.addr = (struct p2p__addr){
        .family = 4, .ip = {8, 8, 8, 8}, .port = P2P__MDNS_PORT};
    assert_int_equal(rx_hex(n, JS3_ANSWER, 1), P2P_EUNREACH);
    assert_false(is_found(n));
    n->from.addr.ip[0] = 10;
    n->from.addr.port = 0;
    assert_int_equal(rx_hex(n, JS3_ANSWER, 1), P2P_EUNREACH);
    node_free(n);
}

static void test_wrong_configurations_are_refused(void **state)
{
    struct test_env env;
    struct p2p__mdns *m = calloc(1, sizeof *m);
    struct p2p__mdns_cfg cfg = {.forms = P2P__MDNS_TODAY};

    (void)state;
    assert_non_null(m);
    test_env_init(&env, 1);
    cfg.env = &env.env;
    assert_int_equal(p2p__mdns_init(m, &cfg, 0), P2P_EINVAL);
    assert_int_equal(p2p_peer_id_from_text(JS_ID, strlen(JS_ID), &cfg.self), 0);
    cfg.forms = 0;
    assert_int_equal(p2p__mdns_init(m, &cfg, 0), P2P_EINVAL);
    cfg.forms = P2P__MDNS_TODAY;
    cfg.service = "a..b";
    assert_int_equal(p2p__mdns_init(m, &cfg, 0), P2P_EINVAL);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_at_once_then_less_and_less),
        cmocka_unit_test(test_leaves_questions_to_others),
        cmocka_unit_test(test_a_link_is_asked_though_another_is),
        cmocka_unit_test(test_many_links_are_all_asked),
        cmocka_unit_test(test_an_answer_goes_where_it_was_asked_for),
        cmocka_unit_test(test_asks_in_all_its_forms),
        cmocka_unit_test(test_a_question_makes_it_speak_to_all),
        cmocka_unit_test(test_it_answers_no_form_that_is_off),
        cmocka_unit_test(test_nothing_is_said_without_addresses),
        cmocka_unit_test(test_a_change_is_said_to_all),
        cmocka_unit_test(test_we_say_again_that_we_are_here),
        cmocka_unit_test(test_a_thousand_questions_make_few_answers),
        cmocka_unit_test(test_who_asks_alone_is_answered_alone),
        cmocka_unit_test(test_askers_are_few_and_of_the_link),
        cmocka_unit_test(test_tools_are_told_the_service),
        cmocka_unit_test(test_who_has_output_marks_its_owner),
        cmocka_unit_test(test_a_record_begins_anew_when_it_changes),
        cmocka_unit_test(test_sources_of_ip6_are_told_apart),
        cmocka_unit_test(test_our_own_answer_is_ignored),
        cmocka_unit_test(test_a_peer_is_told_once_and_then_refreshed),
        cmocka_unit_test(test_who_is_gone_is_asked_for),
        cmocka_unit_test(test_a_peer_that_moves_is_told_again),
        cmocka_unit_test(test_T37_forged_peers_of_one_source_are_few),
        cmocka_unit_test(test_T37_forged_peers_of_many_sources_are_few),
        cmocka_unit_test(test_peers_that_answer_outlive_forged_ones),
        cmocka_unit_test(test_a_loud_source_is_not_read),
        cmocka_unit_test(test_loud_sources_together_are_not_read),
        cmocka_unit_test(test_sources_beyond_the_cap_are_forgotten),
        cmocka_unit_test(test_T37_what_comes_from_off_the_link_is_ignored),
        cmocka_unit_test(test_wrong_configurations_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
