/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a rendezvous point knows, until when, and what it tells of it. */
#include "made_peer.h"
#include "proto/rendezvous/registry.h"
#include "unit.h"

#include <stdio.h>

struct fixture {
    struct p2p__addr at; /* who registers is there */
    struct p2p__quota quota;
    struct p2p__rendezvous_registry r;
    uint8_t page[4096];
    struct p2p__pbw w;
    uint8_t cookie[P2P__RENDEZVOUS_COOKIE_BYTES];
};

static struct p2p__slice text(const char *s)
{
    return p2p__slice_of(s, strlen(s));
}

static struct p2p__addr v4(uint32_t n)
{
    return (struct p2p__addr){.family = 4,
                              .ip = {8, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

static void init(struct fixture *f, struct p2p__rendezvous_limits limits)
{
    const struct p2p__rendezvous_registry_cfg cfg = {
        .limits = limits, .quota = &f->quota, .seed = {1, 2}};

    f->at = v4(1);
    p2p__quota_init(&f->quota, NULL, "host");
    p2p__rendezvous_registry_init(&f->r, &cfg);
}

static void fini(struct fixture *f)
{
    p2p__rendezvous_registry_fini(&f->r);
    p2p__quota_fini(&f->quota); /* all was given back */
}

/* Registers with a record that says `what`; the status. */
static int enter(struct fixture *f, uint32_t n, const char *ns,
                 const char *what, p2p_ns now)
{
    const struct p2p_peer_id id = made_peer(n);
    const struct p2p__rendezvous_found one = {.ns = text(ns),
                                              .record = text(what)};
    uint64_t ttl_s = 100;

    return (int)p2p__rendezvous_register(
        &f->r, &(struct p2p__fair_who){&id, &f->at}, &one, &ttl_s, now);
}

/* What is found from where the last cookie was; NULL: from the start. */
static const char *found(struct fixture *f, const char *ns, uint64_t limit,
                         bool on, p2p_ns now)
{
    static char list[512];
    struct p2p__rendezvous_msg request = {
        .type = P2P__RENDEZVOUS_DISCOVER, .ns = text(ns), .limit = limit};
    struct p2p__rendezvous_msg answer = {.type = P2P__RENDEZVOUS_DISCOVERED};
    struct p2p__rendezvous_walk walk;
    struct p2p__rendezvous_found one;
    uint8_t kept[P2P__RENDEZVOUS_COOKIE_BYTES];
    size_t len = 0;

    memcpy(kept, f->cookie, sizeof kept);
    if (on) {
        request.cookie = p2p__slice_of(kept, sizeof kept);
    }
    p2p__pbw_init(&f->w, f->page, sizeof f->page);
    assert_int_equal(
        p2p__rendezvous_discover(&f->r, &request, &f->w, f->cookie, now),
        P2P__RENDEZVOUS_OK);
    answer.found = p2p__slice_of(f->page, f->w.len);
    p2p__rendezvous_walk_init(&walk, &answer);
    list[0] = '\0';
    while (p2p__rendezvous_walk_next(&walk, &one)) {
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%.*s",
                                len > 0 ? " " : "", (int)one.record.len,
                                (const char *)one.record.p);
        assert_true(one.ttl_s <= 100);
    }
    return list;
}

static void test_who_registered_is_found(void **state)
{
    struct fixture f;

    (void)state;
    init(&f, (struct p2p__rendezvous_limits){0});
    assert_string_equal(found(&f, "a", 0, false, 1), "");
    assert_int_equal(enter(&f, 1, "a", "one", 1), P2P__RENDEZVOUS_OK);
    assert_int_equal(enter(&f, 2, "b", "two", 1), P2P__RENDEZVOUS_OK);
    assert_int_equal(enter(&f, 3, "a", "three", 1), P2P__RENDEZVOUS_OK);
    assert_string_equal(found(&f, "a", 0, false, 1), "one three");
    assert_string_equal(found(&f, "b", 0, false, 1), "two");
    assert_string_equal(found(&f, "", 0, false, 1), "one two three");
    assert_string_equal(found(&f, "c", 0, false, 1), "");
    fini(&f);
}

static void test_a_cookie_leads_on(void **state)
{
    struct fixture f;

    (void)state;
    init(&f, (struct p2p__rendezvous_limits){0});
    (void)enter(&f, 1, "a", "one", 1);
    (void)enter(&f, 2, "a", "two", 1);
    (void)enter(&f, 3, "a", "three", 1);
    assert_string_equal(found(&f, "a", 2, false, 1), "one two");
    assert_string_equal(found(&f, "a", 2, true, 1), "three");
    assert_string_equal(found(&f, "a", 2, true, 1), "");
    (void)enter(&f, 4, "a", "four", 1);
    assert_string_equal(found(&f, "a", 0, true, 1), "four");
    /* Registered again it is news, with what it says now. */
    (void)enter(&f, 1, "a", "1", 1);
    assert_string_equal(found(&f, "a", 0, true, 1), "1");
    assert_string_equal(found(&f, "a", 0, false, 1), "two three four 1");
    fini(&f);
}

/* What becomes of a cookie in a namespace. */
static int brought(struct fixture *f, const char *ns, size_t len)
{
    uint8_t kept[P2P__RENDEZVOUS_COOKIE_BYTES];
    const struct p2p__rendezvous_msg request = {
        .type = P2P__RENDEZVOUS_DISCOVER,
        .ns = text(ns),
        .cookie = p2p__slice_of(kept, len)};

    memcpy(kept, f->cookie, sizeof kept);
    p2p__pbw_init(&f->w, f->page, sizeof f->page);
    return (int)p2p__rendezvous_discover(&f->r, &request, &f->w, f->cookie, 1);
}

/* rust's clients read a number of eight bytes and the name of a namespace. */
static void test_a_cookie_ends_in_text(void **state)
{
    struct fixture f;

    (void)state;
    init(&f, (struct p2p__rendezvous_limits){0});
    assert_string_equal(found(&f, "a", 0, false, 1), "");
    for (size_t i = 8; i < sizeof f.cookie; i++) {
        assert_true(strchr("0123456789abcdef", f.cookie[i]) != NULL);
    }
    fini(&f);
}

static void test_T33_cookies_of_others_are_refused(void **state)
{
    struct fixture f, other;

    (void)state;
    init(&f, (struct p2p__rendezvous_limits){0});
    (void)enter(&f, 1, "a", "one", 1);
    (void)found(&f, "a", 0, false, 1);
    assert_int_equal(brought(&f, "a", sizeof f.cookie), P2P__RENDEZVOUS_OK);
    assert_int_equal(brought(&f, "b", sizeof f.cookie),
                     P2P__RENDEZVOUS_INVALID_COOKIE);
    assert_int_equal(brought(&f, "a", sizeof f.cookie - 1),
                     P2P__RENDEZVOUS_INVALID_COOKIE);
    /* One that was started anew knows nothing of it. */
    init(&other, (struct p2p__rendezvous_limits){0});
    other.r.cookie_key[1]++;
    (void)enter(&other, 1, "a", "one", 1);
    memcpy(other.cookie, f.cookie, sizeof other.cookie);
    f.cookie[0]++; /* a number that is not given yet */
    assert_int_equal(brought(&f, "a", sizeof f.cookie),
                     P2P__RENDEZVOUS_INVALID_COOKIE);
    assert_int_equal(brought(&other, "a", sizeof other.cookie),
                     P2P__RENDEZVOUS_INVALID_COOKIE);
    fini(&other);
    fini(&f);
}

static void test_registrations_end(void **state)
{
    const struct p2p_peer_id one = made_peer(1);
    struct fixture f;

    (void)state;
    init(&f, (struct p2p__rendezvous_limits){0});
    assert_true(p2p__rendezvous_registry_deadline(&f.r) == P2P_NEVER);
    (void)enter(&f, 1, "a", "one", P2P__SEC(1));
    (void)enter(&f, 2, "a", "two", P2P__SEC(2));
    (void)enter(&f, 1, "b", "one", P2P__SEC(3));
    assert_true(p2p__rendezvous_registry_deadline(&f.r) == P2P__SEC(101));
    /* What has expired is not told, whether or not it was dropped. */
    assert_string_equal(found(&f, "a", 0, false, P2P__SEC(101)), "two");
    p2p__rendezvous_registry_expire(&f.r, P2P__SEC(101));
    assert_int_equal(f.r.count, 2);
    assert_true(p2p__rendezvous_registry_deadline(&f.r) == P2P__SEC(102));
    p2p__rendezvous_unregister(&f.r, &one, text("a")); /* is not there */
    assert_int_equal(f.r.count, 2);
    p2p__rendezvous_unregister(&f.r, &one, text("b"));
    assert_int_equal(f.r.count, 1);
    p2p__rendezvous_registry_expire(&f.r, P2P__SEC(1000));
    assert_int_equal(f.r.count, 0);
    assert_int_equal(f.quota.used[P2P__Q_MEMORY], 0);
    fini(&f);
}

/* Asks for a time; what was granted, or minus the status. */
static int64_t granted(struct fixture *f, uint64_t ttl_s)
{
    const struct p2p_peer_id id = made_peer(1);
    const struct p2p__rendezvous_found one = {.ns = text("a"),
                                              .record = text("r")};
    const enum p2p__rendezvous_status status = p2p__rendezvous_register(
        &f->r, &(struct p2p__fair_who){&id, &f->at}, &one, &ttl_s, 1);

    return status == P2P__RENDEZVOUS_OK ? (int64_t)ttl_s : -(int64_t)status;
}

static void test_T33_registrations_end_in_three_days(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_RENDEZVOUS_TTL_S, 72 * 3600);
    init(&f, (struct p2p__rendezvous_limits){0});
    assert_int_equal(granted(&f, 0), 7200);
    assert_int_equal(granted(&f, 1), 1);
    assert_int_equal(granted(&f, 259200), 259200);
    assert_int_equal(granted(&f, 259201), -P2P__RENDEZVOUS_INVALID_TTL);
    assert_int_equal(granted(&f, UINT64_MAX), -P2P__RENDEZVOUS_INVALID_TTL);
    fini(&f);
    init(&f, (struct p2p__rendezvous_limits){.ttl_s = 60});
    assert_int_equal(granted(&f, 0), 60);
    assert_int_equal(granted(&f, 61), -P2P__RENDEZVOUS_INVALID_TTL);
    fini(&f);
}

static void test_T33_names_have_a_length(void **state)
{
    struct fixture f;
    char name[258];

    (void)state;
    init(&f, (struct p2p__rendezvous_limits){0});
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    assert_int_equal(P2P__CAP_RENDEZVOUS_NAMESPACE_BYTES, 255);
    assert_int_equal(enter(&f, 1, name, "r", 1), P2P__RENDEZVOUS_OK);
    assert_string_equal(found(&f, name, 0, false, 1), "r");
    name[255] = 'n';
    name[256] = '\0';
    assert_int_equal(enter(&f, 1, name, "r", 1),
                     P2P__RENDEZVOUS_INVALID_NAMESPACE);
    assert_int_equal(enter(&f, 1, "a", "", 1), P2P__RENDEZVOUS_INVALID_RECORD);
    assert_int_equal(enter(&f, 1, "", "r", 1),
                     P2P__RENDEZVOUS_INVALID_NAMESPACE);
    fini(&f);
}

static void test_T33_registrations_of_a_peer_have_a_cap(void **state)
{
    struct fixture f;
    char name[16];

    (void)state;
    assert_int_equal(P2P__CAP_RENDEZVOUS_REGISTRATIONS_PER_PEER, 32);
    init(&f, (struct p2p__rendezvous_limits){0});
    for (int i = 0; i < 32; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        assert_int_equal(enter(&f, 1, name, "r", 1), P2P__RENDEZVOUS_OK);
    }
    assert_int_equal(enter(&f, 1, "more", "r", 1),
                     P2P__RENDEZVOUS_NOT_AUTHORIZED);
    /* Again where it is, and others: yes. */
    assert_int_equal(enter(&f, 1, "31", "r", 1), P2P__RENDEZVOUS_OK);
    assert_int_equal(enter(&f, 2, "more", "r", 1), P2P__RENDEZVOUS_OK);
    assert_int_equal(f.r.count, 33);
    fini(&f);
}

/* Who makes up peers is still where he is. */
static void test_T33_registrations_of_an_address_have_a_cap(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_RENDEZVOUS_REGISTRATIONS_PER_ADDR, 512);
    init(&f, (struct p2p__rendezvous_limits){0});
    for (uint32_t i = 0; i < 512; i++) {
        assert_int_equal(enter(&f, i, "a", "r", 1), P2P__RENDEZVOUS_OK);
    }
    assert_int_equal(enter(&f, 512, "a", "r", 1),
                     P2P__RENDEZVOUS_NOT_AUTHORIZED);
    assert_int_equal(enter(&f, 511, "a", "r", 1), P2P__RENDEZVOUS_OK);
    f.at = v4(2);
    assert_int_equal(enter(&f, 512, "a", "r", 1), P2P__RENDEZVOUS_OK);
    /* One that moves there stays as he was; one that goes makes room. */
    f.at = v4(1);
    assert_int_equal(enter(&f, 512, "a", "r", 1),
                     P2P__RENDEZVOUS_NOT_AUTHORIZED);
    assert_int_equal(f.r.count, 513);
    f.at = v4(2);
    assert_int_equal(enter(&f, 0, "a", "r", 1), P2P__RENDEZVOUS_OK);
    f.at = v4(1);
    assert_int_equal(enter(&f, 512, "a", "r", 1), P2P__RENDEZVOUS_OK);
    fini(&f);
    init(&f, (struct p2p__rendezvous_limits){.registrations_per_addr = 1});
    assert_int_equal(enter(&f, 1, "a", "r", 1), P2P__RENDEZVOUS_OK);
    assert_int_equal(enter(&f, 2, "a", "r", 1), P2P__RENDEZVOUS_NOT_AUTHORIZED);
    fini(&f);
}

static void test_T33_registrations_have_a_cap(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(P2P__CAP_RENDEZVOUS_REGISTRATIONS, 4096);
    init(&f, (struct p2p__rendezvous_limits){0});
    for (uint32_t i = 0; i < 4096; i++) {
        f.at = v4(i / 512);
        assert_int_equal(enter(&f, i, "a", "r", 1), P2P__RENDEZVOUS_OK);
    }
    f.at = v4(9);
    assert_int_equal(enter(&f, 5000, "a", "r", 1), P2P__RENDEZVOUS_UNAVAILABLE);
    assert_true(f.quota.used[P2P__Q_MEMORY] < (4U << 20));
    fini(&f);
}

static void test_T33_answers_are_pages(void **state)
{
    struct p2p__rendezvous_msg request = {
        .type = P2P__RENDEZVOUS_DISCOVER, .ns = text("a"), .limit = UINT64_MAX};
    static uint8_t page[P2P__CAP_RENDEZVOUS_PAGE_BYTES];
    struct p2p__rendezvous_msg answer = {.type = P2P__RENDEZVOUS_DISCOVERED};
    struct p2p__rendezvous_walk walk;
    struct p2p__rendezvous_found one;
    struct fixture f;
    size_t n = 0;

    (void)state;
    assert_int_equal(P2P__CAP_RENDEZVOUS_PAGE, 1000);
    init(&f, (struct p2p__rendezvous_limits){0});
    for (uint32_t i = 0; i < 1001; i++) {
        f.at = v4(i);
        (void)enter(&f, i, "a", "r", 1);
    }
    p2p__pbw_init(&f.w, page, sizeof page);
    assert_int_equal(
        p2p__rendezvous_discover(&f.r, &request, &f.w, f.cookie, 1),
        P2P__RENDEZVOUS_OK);
    answer.found = p2p__slice_of(page, f.w.len);
    p2p__rendezvous_walk_init(&walk, &answer);
    while (p2p__rendezvous_walk_next(&walk, &one)) {
        n++;
    }
    assert_int_equal(n, 1000);
    assert_string_equal(found(&f, "a", 0, true, 1), "r");
    /* A page that is full ends between two. */
    assert_int_equal(P2P__CAP_RENDEZVOUS_PAGE_BYTES, 256 * 1024);
    p2p__pbw_init(&f.w, page, 20);
    request.limit = 0;
    assert_int_equal(
        p2p__rendezvous_discover(&f.r, &request, &f.w, f.cookie, 1),
        P2P__RENDEZVOUS_OK);
    assert_true(f.w.len > 0 && f.w.len <= 20);
    fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_registered_is_found),
        cmocka_unit_test(test_a_cookie_leads_on),
        cmocka_unit_test(test_a_cookie_ends_in_text),
        cmocka_unit_test(test_T33_cookies_of_others_are_refused),
        cmocka_unit_test(test_registrations_end),
        cmocka_unit_test(test_T33_registrations_end_in_three_days),
        cmocka_unit_test(test_T33_names_have_a_length),
        cmocka_unit_test(test_T33_registrations_of_a_peer_have_a_cap),
        cmocka_unit_test(test_T33_registrations_of_an_address_have_a_cap),
        cmocka_unit_test(test_T33_registrations_have_a_cap),
        cmocka_unit_test(test_T33_answers_are_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
