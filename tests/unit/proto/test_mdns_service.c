/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* mDNS around a world that is made up: sockets, groups, interfaces. */
#include "proto/mdns/service.h"

#include <stdlib.h>

#include "hex.h"
#include "mdns_packets.h"
#include "test_env.h"
#include "unit.h"

#define SOCKETS_MAX 4
#define GROUPS_MAX  128

struct world;

struct fake_udp {
    struct p2p__udp udp;
    struct world *w;
    struct p2p__addr at;
    bool shared;
    bool open;
};

struct world {
    struct p2p__net net;
    struct p2p__ifaces ifaces;
    struct p2p__runq runq;
    struct test_env env;
    struct fake_udp sockets[SOCKETS_MAX];
    size_t opened;
    int refuse_list; /* what listing interfaces says */
    int refuse;      /* what opening a socket says */
    struct p2p__iface list[100];
    size_t count;
    struct {
        uint8_t family;
        uint32_t ifindex;
    } groups[GROUPS_MAX];
    size_t joined;
    unsigned sent;
    uint32_t sent_by[GROUPS_MAX]; /* interfaces, in order */
    struct p2p__addr sent_to;
    const struct fake_udp *sent_on;
    int send_error;
    unsigned found, moved;
    size_t found_addrs;
};

static int fake_send(struct p2p__udp *udp, const uint8_t *buf, size_t len,
                     const struct p2p__addr *to, uint32_t ifindex)
{
    struct fake_udp *u = P2P__CONTAINER(udp, struct fake_udp, udp);
    struct p2p__dns d;

    assert_true(u->open);
    assert_int_equal(p2p__dns_open(&d, buf, len), 0);
    if (u->w->send_error != 0) {
        return u->w->send_error;
    }
    assert_true(u->w->sent < GROUPS_MAX);
    u->w->sent_by[u->w->sent++] = ifindex;
    u->w->sent_to = *to;
    assert_int_equal(to->family, u->at.family);
    u->w->sent_on = u;
    return 0;
}

static int fake_group(struct p2p__udp *udp, const struct p2p__addr *group,
                      uint32_t ifindex, bool join)
{
    struct world *w = P2P__CONTAINER(udp, struct fake_udp, udp)->w;

    for (size_t i = 0; i < w->joined; i++) {
        if (w->groups[i].family == group->family &&
            w->groups[i].ifindex == ifindex) {
            assert_false(join);
            w->groups[i] = w->groups[--w->joined];
            return 0;
        }
    }
    assert_true(join);
    w->groups[w->joined].family = group->family;
    w->groups[w->joined++].ifindex = ifindex;
    return 0;
}

static void fake_close(struct p2p__udp *udp)
{
    P2P__CONTAINER(udp, struct fake_udp, udp)->open = false;
}

static struct p2p__udp *fake_open(struct p2p__net *net,
                                  const struct p2p__addr *at, bool shared,
                                  const struct p2p__udp_cb *cb, void *user,
                                  int *err)
{
    struct world *w = P2P__CONTAINER(net, struct world, net);
    struct fake_udp *u = &w->sockets[w->opened];

    if (w->refuse != 0) {
        *err = w->refuse;
        return NULL;
    }
    assert_true(w->opened < SOCKETS_MAX);
    w->opened++;
    *u = (struct fake_udp){.udp = {.cb = cb,
                                   .user = user,
                                   .send = fake_send,
                                   .group = fake_group,
                                   .close = fake_close},
                           .w = w,
                           .at = *at,
                           .shared = shared,
                           .open = true};
    return &u->udp;
}

static int fake_list(struct p2p__ifaces *ifaces, struct p2p__iface *at,
                     size_t cap)
{
    const struct world *w = P2P__CONTAINER(ifaces, struct world, ifaces);

    if (w->refuse_list != 0) {
        return w->refuse_list;
    }
    memcpy(at, w->list, p2p__min(cap, w->count) * sizeof *at);
    return (int)w->count;
}

static void on_found(void *user, const struct p2p__mdns_ev *ev, p2p_ns now)
{
    struct world *w = user;

    (void)now;
    w->found++;
    w->found_addrs = ev->count;
}

static void on_moved(void *user, p2p_ns now)
{
    struct world *w = user;

    (void)now;
    w->moved++;
}

static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    test_env_init(&w->env, 5);
    p2p__runq_init(&w->runq, NULL);
    w->net.udp = fake_open;
    w->ifaces.list = fake_list;
    return w;
}

static void add_iface(struct world *w, uint32_t index, uint8_t last,
                      bool loopback)
{
    struct p2p__iface *i = &w->list[w->count++];

    *i = (struct p2p__iface){.index = index,
                             .loopback = loopback,
                             .multicast = !loopback,
                             .addr = {.family = 4, .ip = {192, 168, 7, last}}};
    if (loopback) {
        i->addr.ip[0] = 127;
    }
}

static struct p2p__mdns_service *start(struct world *w, unsigned forms,
                                       bool ip6)
{
    struct p2p__mdns_service_cfg cfg = {
        .core = {.forms = forms, .env = &w->env.env},
        .net = &w->net,
        .ifaces = &w->ifaces,
        .runq = &w->runq,
        .ip6 = ip6,
        .user = w,
        .found = on_found,
        .moved = on_moved};
    struct p2p__mdns_service *s;

    assert_int_equal(
        p2p_peer_id_from_text(JS_QM_ID, strlen(JS_QM_ID), &cfg.core.self), 0);
    assert_int_equal(p2p__mdns_service_new(&cfg, 1, &s), 0);
    return s;
}

/* Ends all; every socket must have been closed. */
static void end(struct world *w, struct p2p__mdns_service *s)
{
    p2p__mdns_service_free(s);
    for (size_t i = 0; i < w->opened; i++) {
        assert_false(w->sockets[i].open);
    }
    assert_true(p2p__turn(&w->runq, P2P__SEC(1000), 10) == P2P_NEVER);
    free(w);
}

static void hear(struct world *w, size_t socket, const char *hex,
                 const struct p2p__addr *from, p2p_ns now)
{
    uint8_t p[1024];
    size_t len = unhex(hex, p, sizeof p);
    struct fake_udp *u = &w->sockets[socket];

    u->udp.cb->datagram(u->udp.user, p2p__slice_of(p, len), from, 2, now);
}

static const struct p2p__addr other = {.family = 4,
                                       .ip = {192, 168, 7, 3},
                                       .port = P2P__MDNS_PORT};

static void test_it_asks_on_every_interface(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    add_iface(w, 1, 1, true);
    add_iface(w, 2, 9, false);
    add_iface(w, 2, 10, false); /* a second address */
    add_iface(w, 5, 9, false);
    add_iface(w, 6, 9, false);
    w->list[4].multicast = false; /* a tunnel */
    s = start(w, P2P__MDNS_TODAY, false);
    assert_int_equal(w->opened, 1);
    assert_true(w->sockets[0].shared);
    assert_int_equal(w->sockets[0].at.ip[0], 224);
    assert_int_equal(w->sockets[0].at.port, 5353);
    assert_int_equal(w->joined, 2);
    assert_int_equal(w->sent, 0);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 2);
    assert_int_equal(w->sent_by[0], 2);
    assert_int_equal(w->sent_by[1], 5);
    assert_int_equal(w->sent_to.ip[3], 251);
    assert_int_equal(w->sent_to.port, 5353);
    assert_int_equal(p2p__mdns_service_stat(s)->sent, 2);
    end(w, s);
}

/* Questions that go out on a link in the fifth minute, while another node asks
 * on link 2 of so many all the time. */
static size_t asks_beside_another(uint32_t links, uint32_t on)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;
    size_t sent = 0;

    for (uint32_t i = 0; i < links; i++) {
        add_iface(w, 2 + i, 9, false);
        add_iface(w, 2 + i, 10, false);
    }
    s = start(w, P2P__MDNS_TODAY, false);
    for (unsigned t = 1; t <= 300; t++) {
        sent = t > 240 ? sent : 0;
        w->sent = 0;
        hear(w, 0, JS3_QUERY, &other, P2P__SEC(t));
        (void)p2p__turn(&w->runq, P2P__SEC(t), 10);
        for (unsigned i = 0; i < w->sent; i++) {
            sent += w->sent_by[i] == on;
        }
    }
    end(w, s);
    return sent;
}

static void test_a_question_on_one_link_is_none_on_another(void **state)
{
    (void)state;
    assert_true(asks_beside_another(1, 2) <= 1);
    assert_true(asks_beside_another(2, 2) <= 1);
    assert_true(asks_beside_another(2, 3) >= 5);
}

static void test_loopback_is_used_when_it_is_the_only_one(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    add_iface(w, 1, 1, true);
    s = start(w, P2P__MDNS_TODAY, false);
    assert_int_equal(w->joined, 1);
    assert_int_equal(w->groups[0].ifindex, 1);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 1);
    /* An interface comes: loopback is left, and it asks at once. */
    add_iface(w, 7, 9, false);
    (void)p2p__turn(&w->runq, 1 + P2P__MDNS_RESCAN, 10);
    assert_int_equal(w->joined, 1);
    assert_int_equal(w->groups[0].ifindex, 7);
    assert_int_equal(w->sent_by[w->sent - 1], 7);
    assert_int_equal(w->moved, 1);
    /* It goes again. */
    w->count = 1;
    (void)p2p__turn(&w->runq, 1 + 2 * P2P__MDNS_RESCAN, 10);
    assert_int_equal(w->groups[0].ifindex, 1);
    assert_int_equal(w->moved, 2);
    end(w, s);
}

static void test_a_host_without_interfaces_waits_for_one(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s = start(w, P2P__MDNS_TODAY, false);
    unsigned before;

    (void)state;
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 0);
    assert_int_equal(w->joined, 0);
    add_iface(w, 3, 9, false);
    for (p2p_ns now = P2P__SEC(1); now < P2P__SEC(6); now += P2P__MS(100)) {
        (void)p2p__turn(&w->runq, now, 10);
    }
    assert_int_equal(w->joined, 1);
    assert_true(w->sent > 0);
    before = w->moved;
    (void)p2p__turn(&w->runq, P2P__SEC(12), 10);
    assert_int_equal(w->moved, before); /* nothing changed */
    end(w, s);
}

static void test_what_is_heard_is_told(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;
    struct p2p__addr mine = other;

    (void)state;
    add_iface(w, 2, 9, false);
    s = start(w, P2P__MDNS_TODAY, false);
    hear(w, 0, JS3_ANSWER, &other, 2);
    assert_int_equal(w->found, 1);
    assert_int_equal(w->found_addrs, 1);
    assert_int_equal(p2p__mdns_service_stat(s)->ignored, 0);
    hear(w, 0, "00", &other, 3);
    assert_int_equal(w->found, 1);
    assert_int_equal(p2p__mdns_service_stat(s)->received, 2);
    assert_int_equal(p2p__mdns_service_stat(s)->ignored, 1);
    assert_int_equal(p2p__mdns_service_stat(s)->found, 1);
    /* From this host itself, loopback addresses are of use. */
    mine.ip[3] = 9;
    hear(w, 0, JS3_ANSWER, &mine, 3);
    assert_int_equal(w->found, 2);
    assert_int_equal(w->found_addrs, 2);
    end(w, s);
    /* By loopback too, from no address at all. */
    w = world_new();
    add_iface(w, 2, 1, true);
    s = start(w, P2P__MDNS_TODAY, false);
    mine.ip[0] = mine.ip[1] = mine.ip[2] = mine.ip[3] = 0;
    hear(w, 0, JS3_ANSWER, &mine, 3);
    assert_int_equal(w->found_addrs, 2);
    end(w, s);
}

static void test_a_question_is_answered_in_time(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;
    struct p2p_multiaddr ma;
    const char *text = "/ip4/192.168.7.9/tcp/1";
    p2p_ns next;

    (void)state;
    add_iface(w, 2, 9, false);
    s = start(w, P2P__MDNS_TODAY, false);
    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    p2p__mdns_service_set_addrs(s, &ma, 1, 1);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 2); /* the question and the record */
    hear(w, 0, JS3_QUERY, &other, P2P__MS(500));
    next = p2p__turn(&w->runq, P2P__MS(500), 10);
    assert_true(next <= P2P__MS(500) + P2P__MDNS_JITTER);
    (void)p2p__turn(&w->runq, P2P__MS(500) + P2P__MDNS_JITTER, 10);
    assert_int_equal(w->sent, 3);
    end(w, s);
}

static void test_2021_has_a_socket_of_its_own(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;
    struct p2p__addr far = {.family = 4, .ip = {8, 8, 8, 8}, .port = 5353};
    struct p2p__addr asker = {
        .family = 4, .ip = {192, 168, 7, 3}, .port = 40000};
    struct p2p_multiaddr ma;
    const char *text = "/ip4/192.168.7.9/tcp/1";

    (void)state;
    add_iface(w, 2, 9, false);
    s = start(w, P2P__MDNS_TODAY | P2P__MDNS_2021, false);
    assert_int_equal(w->opened, 2);
    assert_false(w->sockets[1].shared);
    assert_int_equal(w->sockets[1].at.port, 0);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 3);
    assert_ptr_equal(w->sent_on, &w->sockets[1]);
    assert_int_equal(w->sent_to.port, 5353);
    /* Answers come to it; from far away they are nothing. */
    hear(w, 1, JS3_ANSWER, &far, 2);
    assert_int_equal(w->found, 0);
    hear(w, 1, JS3_ANSWER, &other, 2);
    assert_int_equal(w->found, 1);
    /* Who asks so gets his answer from port 5353. */
    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    p2p__mdns_service_set_addrs(s, &ma, 1, 1);
    (void)p2p__turn(&w->runq, 2, 10);
    hear(w, 0, GO2021_QUERY, &asker, 3);
    (void)p2p__turn(&w->runq, 3, 10);
    assert_ptr_equal(w->sent_on, &w->sockets[0]);
    assert_int_equal(w->sent_to.port, 40000);
    assert_int_equal(w->sent_by[w->sent - 1], 2);
    end(w, s);
}

static void test_ip6_joins_where_there_is_ip6(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    add_iface(w, 2, 9, false);
    w->list[w->count++] =
        (struct p2p__iface){.index = 4,
                            .multicast = true,
                            .addr = {.family = 6, .ip = {0xfe, 0x80}}};
    s = start(w, P2P__MDNS_TODAY, true);
    assert_int_equal(w->opened, 2);
    assert_int_equal(w->joined, 2);
    assert_int_equal(w->groups[1].family, 6);
    assert_int_equal(w->groups[1].ifindex, 4);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 2);
    assert_int_equal(w->sent_to.family, 6);
    assert_int_equal(w->sent_to.scope, 4);
    assert_hex(w->sent_to.ip, 16, "ff0200000000000000000000000000fb");
    /* One interface with both: each is joined, and left, for itself. */
    w->list[0].index = 4;
    (void)p2p__turn(&w->runq, 1 + P2P__MDNS_RESCAN, 10);
    assert_int_equal(w->joined, 2);
    assert_int_equal(w->groups[0].ifindex, 4);
    assert_int_equal(w->groups[1].ifindex, 4);
    w->count = 1;
    (void)p2p__turn(&w->runq, 1 + 2 * P2P__MDNS_RESCAN, 10);
    assert_int_equal(w->joined, 1);
    assert_int_equal(w->groups[0].family, 4);
    end(w, s);
}

static void test_a_list_that_cannot_be_had_is_empty(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    add_iface(w, 2, 9, false);
    s = start(w, P2P__MDNS_TODAY, false);
    assert_int_equal(w->joined, 1);
    w->refuse_list = P2P_EIO;
    (void)p2p__turn(&w->runq, 1 + P2P__MDNS_RESCAN, 10);
    assert_int_equal(w->joined, 0);
    w->refuse_list = 0;
    (void)p2p__turn(&w->runq, 1 + 2 * P2P__MDNS_RESCAN, 10);
    assert_int_equal(w->joined, 1);
    end(w, s);
}

static void test_its_owner_can_ask_and_forget(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;
    struct p2p_peer_id id;

    (void)state;
    add_iface(w, 2, 9, false);
    s = start(w, P2P__MDNS_TODAY, false);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 1);
    p2p__mdns_service_ask(s, 2);
    (void)p2p__turn(&w->runq, 2, 10);
    assert_int_equal(w->sent, 2);
    hear(w, 0, JS3_ANSWER, &other, 3);
    hear(w, 0, JS3_ANSWER, &other, 3);
    assert_int_equal(w->found, 1);
    assert_int_equal(p2p_peer_id_from_text(JS_ID, strlen(JS_ID), &id), 0);
    p2p__mdns_service_forget(s, &id, 2);
    hear(w, 0, JS3_ANSWER, &other, 3);
    assert_int_equal(w->found, 2);
    end(w, s);
}

static void test_a_socket_that_does_not_open_is_tried_again(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    add_iface(w, 2, 9, false);
    w->refuse = P2P_EADDRINUSE;
    s = start(w, P2P__MDNS_TODAY, false);
    assert_int_equal(p2p__mdns_service_error(s), P2P_EADDRINUSE);
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(w->sent, 0);
    w->refuse = 0;
    (void)p2p__turn(&w->runq, 1 + P2P__MDNS_RESCAN, 10);
    assert_int_equal(p2p__mdns_service_error(s), 0);
    assert_int_equal(w->joined, 1);
    assert_true(w->sent > 0);
    end(w, s);
}

static void test_an_interface_that_sends_nothing_is_counted(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    add_iface(w, 2, 9, false);
    s = start(w, P2P__MDNS_TODAY, false);
    w->send_error = P2P_EUNREACH;
    (void)p2p__turn(&w->runq, 1, 10);
    assert_int_equal(p2p__mdns_service_stat(s)->unsent, 1);
    assert_int_equal(p2p__mdns_service_stat(s)->sent, 0);
    end(w, s);
}

static void test_interfaces_beyond_the_cap_are_left_out(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service *s;

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        add_iface(w, 10 + i, (uint8_t)i, false);
    }
    s = start(w, P2P__MDNS_TODAY, false);
    assert_int_equal(w->joined, P2P__CAP_MDNS_IFACES);
    end(w, s);
}

static void test_a_wrong_configuration_leaves_nothing(void **state)
{
    struct world *w = world_new();
    struct p2p__mdns_service_cfg cfg = {
        .core = {.forms = P2P__MDNS_TODAY, .env = &w->env.env},
        .net = &w->net,
        .ifaces = &w->ifaces,
        .runq = &w->runq};
    struct p2p__mdns_service *s;

    (void)state;
    assert_int_equal(p2p__mdns_service_new(&cfg, 1, &s), P2P_EINVAL);
    assert_null(s);
    assert_int_equal(w->opened, 0);
    p2p__mdns_service_free(NULL);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_asks_on_every_interface),
        cmocka_unit_test(test_a_question_on_one_link_is_none_on_another),
        cmocka_unit_test(test_loopback_is_used_when_it_is_the_only_one),
        cmocka_unit_test(test_a_host_without_interfaces_waits_for_one),
        cmocka_unit_test(test_what_is_heard_is_told),
        cmocka_unit_test(test_a_question_is_answered_in_time),
        cmocka_unit_test(test_2021_has_a_socket_of_its_own),
        cmocka_unit_test(test_ip6_joins_where_there_is_ip6),
        cmocka_unit_test(test_a_list_that_cannot_be_had_is_empty),
        cmocka_unit_test(test_its_owner_can_ask_and_forget),
        cmocka_unit_test(test_a_socket_that_does_not_open_is_tried_again),
        cmocka_unit_test(test_an_interface_that_sends_nothing_is_counted),
        cmocka_unit_test(test_interfaces_beyond_the_cap_are_left_out),
        cmocka_unit_test(test_a_wrong_configuration_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
