/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Another reader of DNS messages as the judge: where ldns and we both read a
 * packet, we read the same; ours are read by it; and what it reads within our
 * bounds is read by us.
 */
#include <ldns/ldns.h>
#include <resolv.h>

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/rng.h"
#include "hex.h"
#include "mdns_packets.h"
#include "proto/mdns/announce.h"
#include "proto/mdns/found.h"
#include "test_env.h"
#include "unit.h"

#define ROUNDS 30000

static ldns_rr_list *section_of(ldns_pkt *pkt, enum p2p__dns_section section)
{
    switch (section) {
        case P2P__DNS_QUESTION:
            return ldns_pkt_question(pkt);
        case P2P__DNS_ANSWER:
            return ldns_pkt_answer(pkt);
        case P2P__DNS_AUTHORITY:
            return ldns_pkt_authority(pkt);
        default:
            return ldns_pkt_additional(pkt);
    }
}

/* Compares an owner's name with ldns's, which ends with a dot; only names
 * whose text needs no escapes have one text. */
static void compare_name(const char *ours, const ldns_rdf *theirs)
{
    char *text = ldns_rdf2str(theirs);
    size_t len = strlen(ours);

    assert_non_null(text);
    if (len > 0 && strchr(ours, '\\') == NULL && strchr(text, '\\') == NULL) {
        assert_int_equal(strlen(text), len + 1);
        assert_memory_equal(text, ours, len);
    }
    free(text);
}

static void compare(const struct p2p__dns_rr *ours, const ldns_rr *theirs)
{
    compare_name(ours->name, ldns_rr_owner(theirs));
    assert_int_equal(ours->type, ldns_rr_get_type(theirs));
    assert_int_equal(ours->klass | (ours->top ? P2P__DNS_CLASS_TOP : 0),
                     ldns_rr_get_class(theirs));
    if (ours->section != P2P__DNS_QUESTION) {
        assert_int_equal(ours->ttl_s, ldns_rr_ttl(theirs));
    }
}

/* Whether a record's data has just the length that its type wants: where it
 * has not, ldns goes on behind what it understood, and we behind the length
 * that is stated. */
static bool is_plain(const struct p2p__dns_rr *rr)
{
    const size_t skip = rr->type == P2P__DNS_SRV ? 6 : 0;

    if (rr->section == P2P__DNS_QUESTION) {
        return true;
    }
    switch (rr->type) {
        case P2P__DNS_A:
            return rr->rdata_len == 4;
        case P2P__DNS_AAAA:
            return rr->rdata_len == 16;
        case P2P__DNS_TXT:
            return true;
        case P2P__DNS_PTR:
        case P2P__DNS_SRV:
            return rr->rdata_len > skip &&
                   dn_skipname(rr->rdata + skip, rr->rdata + rr->rdata_len) ==
                       (int)(rr->rdata_len - skip);
        default:
            return false;
    }
}

/* Reads a packet both ways. Returns 1 when both could read all of it. */
static int judge(const uint8_t *p, size_t len)
{
    ldns_pkt *pkt = NULL;
    struct p2p__dns d;
    struct p2p__dns_rr rr;
    size_t index[P2P__DNS_SECTIONS] = {0};
    int both = 0;

    if (ldns_wire2pkt(&pkt, p, len) != LDNS_STATUS_OK) {
        return 0;
    }
    if (p2p__dns_open(&d, p, len) == 0) {
        bool plain = true;

        while (p2p__dns_next(&d, &rr)) {
            ldns_rr_list *list = section_of(pkt, rr.section);
            const size_t i = index[rr.section]++;

            if (plain) {
                assert_true(i < ldns_rr_list_rr_count(list));
                compare(&rr, ldns_rr_list_rr(list, i));
            }
            plain = plain && is_plain(&rr);
        }
        both = plain && d.err == 0 ? 1 : 0;
    }
    ldns_pkt_free(pkt);
    return both;
}

static void test_packets_of_js_read_the_same(void **state)
{
    const char *const packets[] = {JS3_QUERY,     JS3_ANSWER,   JS2021_QUERY,
                                   JS2021_ANSWER, GO2021_QUERY, GO2021_ANSWER};

    (void)state;
    for (size_t i = 0; i < P2P__COUNT(packets); i++) {
        uint8_t p[1024];
        size_t len = unhex(packets[i], p, sizeof p);

        assert_int_equal(judge(p, len), 1);
    }
}

/* Changes a few bytes, or copies some: pointers and lengths by preference. */
static void mutate(struct p2p__rng *rng, uint8_t *p, size_t len)
{
    for (uint64_t n = p2p__rng_below(rng, 4) + 1; n > 0; n--) {
        size_t at = 12 + p2p__rng_below(rng, len - 13);

        switch (p2p__rng_below(rng, 3)) {
            case 0:
                p[at] = (uint8_t)p2p__rng_next(rng);
                break;
            case 1:
                p[at] = 0xc0;
                p[at + 1] = (uint8_t)p2p__rng_below(rng, len);
                break;
            default:
                p[at] = (uint8_t)(p[at] + 1);
                break;
        }
    }
}

static void test_mutants_read_the_same(void **state)
{
    const char *const packets[] = {JS3_ANSWER, JS2021_ANSWER, GO2021_ANSWER};
    struct p2p__rng rng;
    unsigned both = 0;

    (void)state;
    p2p__rng_seed(&rng, 20211123);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t p[1024];
        size_t len = unhex(packets[i % P2P__COUNT(packets)], p, sizeof p);

        mutate(&rng, p, len);
        both += (unsigned)judge(p, len);
    }
    assert_true(both > ROUNDS / 10);
}

static struct p2p__mdns_announce *ours(struct test_env *env)
{
    static const char *const texts[] = {
        "/ip4/127.0.0.1/tcp/4901", "/ip4/192.168.7.9/tcp/4901",
        "/ip6/fd00::9/udp/49/quic-v1", "/ip4/10.9.8.7/tcp/4902/ws"};
    struct p2p_multiaddr addrs[P2P__COUNT(texts)];
    struct p2p__mdns_announce *a = calloc(1, sizeof *a);
    struct p2p_peer_id id;

    assert_non_null(a);
    test_env_init(env, 1);
    assert_int_equal(p2p_peer_id_from_text(JS_ID, strlen(JS_ID), &id), 0);
    assert_int_equal(p2p__mdns_announce_init(a, &id, NULL, &env->env), 0);
    for (size_t i = 0; i < P2P__COUNT(texts); i++) {
        assert_int_equal(
            p2p_multiaddr_from_text(texts[i], strlen(texts[i]), &addrs[i]), 0);
    }
    assert_true(p2p__mdns_announce_set(a, addrs, P2P__COUNT(texts)));
    return a;
}

/* Whether a record of ours, as ldns writes it, contains some text. */
static bool says(ldns_pkt *pkt, const char *text)
{
    char *all = ldns_pkt2str(pkt);
    bool found = strcasestr(all, text) != NULL;

    free(all);
    return found;
}

static void test_our_packets_are_read(void **state)
{
    struct test_env env;
    struct p2p__mdns_announce *a = ours(&env);

    (void)state;
    for (int form = 0; form < P2P__MDNS_FORMS; form++) {
        struct p2p__mdns_reply to = {.form = (enum p2p__mdns_form)form,
                                     .unicast = form == P2P__MDNS_GO,
                                     .id = 9};
        uint8_t buf[P2P__CAP_MDNS_SEND_BYTES];
        struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};
        ldns_pkt *pkt = NULL;
        size_t from = 0;

        assert_int_equal(p2p__mdns_write_answer(a, &to, &from, &out), 0);
        assert_int_equal(judge(buf, out.len), 1);
        assert_int_equal(ldns_wire2pkt(&pkt, buf, out.len), LDNS_STATUS_OK);
        assert_true(says(pkt, form == P2P__MDNS_P2P
                                  ? "dnsaddr=/ip4/10.9.8.7/tcp/4902/ws/p2p/"
                                  : "192.168.7.9"));
        assert_true(says(pkt, JS_ID));
        assert_int_equal(ldns_pkt_id(pkt), form == P2P__MDNS_GO ? 9 : 0);
        ldns_pkt_free(pkt);
    }
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_of_js_read_the_same),
        cmocka_unit_test(test_mutants_read_the_same),
        cmocka_unit_test(test_our_packets_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
