/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What rtnetlink says of default routes, and what of it is news. */
#include "uv/routes.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#if defined(__linux__)
#include <linux/rtnetlink.h>
#include <net/if.h>

/* A message that is being made. */
struct message {
    struct nlmsghdr h;
    struct rtmsg m;
    uint8_t rest[256];
};

static void begin(struct message *msg, uint16_t type, uint8_t family)
{
    memset(msg, 0, sizeof *msg);
    msg->h.nlmsg_len = NLMSG_LENGTH(sizeof msg->m);
    msg->h.nlmsg_type = type;
    msg->m.rtm_family = family;
    msg->m.rtm_table = RT_TABLE_MAIN;
    msg->m.rtm_type = RTN_UNICAST;
}

static void put(struct message *msg, unsigned short type, const void *p,
                size_t len)
{
    struct rtattr *a =
        (struct rtattr *)((uint8_t *)msg + NLMSG_ALIGN(msg->h.nlmsg_len));

    a->rta_type = type;
    a->rta_len = (unsigned short)RTA_LENGTH(len);
    memcpy(RTA_DATA(a), p, len);
    msg->h.nlmsg_len =
        NLMSG_ALIGN(msg->h.nlmsg_len) + (uint32_t)RTA_ALIGN(a->rta_len);
    assert_true(msg->h.nlmsg_len <= sizeof *msg);
}

/* Whether it is news, read in memory of just its size. */
static bool is_news(struct p2p__uv_routes *r, const struct message *msg)
{
    uint8_t *copy = malloc(msg->h.nlmsg_len);
    struct p2p__uv_told told;

    assert_non_null(copy);
    memcpy(copy, msg, msg->h.nlmsg_len);
    told = p2p__uv_routes_read(r, copy, msg->h.nlmsg_len);
    free(copy);
    assert_false(told.ifaces);
    return told.routes;
}

/* A default route by a device and a gateway that ends so. */
static void make(struct message *msg, uint16_t type, uint32_t dev, uint8_t gate)
{
    const uint8_t gateway[] = {192, 168, 7, gate};
    const uint32_t metric = 100;

    begin(msg, type, AF_INET);
    put(msg, RTA_OIF, &dev, sizeof dev);
    put(msg, RTA_GATEWAY, gateway, sizeof gateway);
    put(msg, RTA_PRIORITY, &metric, sizeof metric);
}

static bool comes(struct p2p__uv_routes *r, uint32_t dev, uint8_t gate)
{
    struct message msg;

    make(&msg, RTM_NEWROUTE, dev, gate);
    return is_news(r, &msg);
}

static bool goes(struct p2p__uv_routes *r, uint32_t dev, uint8_t gate)
{
    struct message msg;

    make(&msg, RTM_DELROUTE, dev, gate);
    return is_news(r, &msg);
}

static void test_a_route_that_is_told_again_is_no_news(void **state)
{
    struct p2p__uv_routes r = {0};

    (void)state;
    assert_true(comes(&r, 2, 1));
    assert_false(comes(&r, 2, 1));
    assert_true(comes(&r, 2, 9)); /* another gateway in its place */
    assert_true(comes(&r, 2, 1)); /* and back */
    assert_true(comes(&r, 3, 1)); /* another device */
    assert_false(comes(&r, 3, 1));
    assert_true(goes(&r, 3, 1));
    assert_int_equal(r.n, 0);
    assert_true(comes(&r, 3, 1));
    assert_true(goes(&r, 2, 1)); /* one that nobody told of */
}

static void test_other_routes_are_no_news(void **state)
{
    const uint32_t local = RT_TABLE_LOCAL, vpn = 51820;
    struct p2p__uv_routes r = {0};
    struct message msg;

    (void)state;
    make(&msg, RTM_NEWROUTE, 2, 1);
    msg.m.rtm_dst_len = 24;
    assert_false(is_news(&r, &msg));
    make(&msg, RTM_NEWROUTE, 2, 1);
    put(&msg, RTA_TABLE, &local, sizeof local);
    assert_false(is_news(&r, &msg));
    make(&msg, RTM_NEWROUTE, 2, 1);
    msg.m.rtm_flags = RTM_F_CLONED;
    assert_false(is_news(&r, &msg));
    assert_int_equal(r.n, 0);
    make(&msg, RTM_NEWROUTE, 2, 1); /* by a rule */
    put(&msg, RTA_TABLE, &vpn, sizeof vpn);
    assert_true(is_news(&r, &msg));
    assert_true(comes(&r, 2, 1)); /* beside that */
}

/* As VPNs have it: the default route stays, two halves are before it. */
static void test_halves_are_default_routes(void **state)
{
    const uint8_t low[4] = {0}, high[4] = {128};
    struct p2p__uv_routes r = {0};
    struct message msg;

    (void)state;
    assert_true(comes(&r, 2, 1));
    make(&msg, RTM_NEWROUTE, 7, 1);
    msg.m.rtm_dst_len = 1;
    put(&msg, RTA_DST, low, sizeof low);
    assert_true(is_news(&r, &msg));
    assert_false(is_news(&r, &msg));
    make(&msg, RTM_NEWROUTE, 7, 1);
    msg.m.rtm_dst_len = 1;
    put(&msg, RTA_DST, high, sizeof high);
    assert_true(is_news(&r, &msg));
    assert_int_equal(r.n, 3);
}

static void test_more_routes_than_are_remembered(void **state)
{
    struct p2p__uv_routes r = {0};
    struct message msg;

    (void)state;
    for (uint32_t metric = 1; metric <= P2P__UV_ROUTES + 1; metric++) {
        make(&msg, RTM_NEWROUTE, 2, 1);
        put(&msg, RTA_PRIORITY, &metric, sizeof metric); /* the last counts */
        assert_true(is_news(&r, &msg));
    }
    assert_true(is_news(&r, &msg)); /* too much is news, not too little */
    assert_int_equal(r.n, P2P__UV_ROUTES);
}

/* Links and addresses are told as before, whatever else is in a datagram. */
static void test_a_datagram_has_several_words(void **state)
{
    struct p2p__uv_routes r = {0};
    struct message msg;
    uint8_t bytes[1024] = {0};
    struct p2p__uv_told told;
    size_t len;

    (void)state;
    begin(&msg, RTM_NEWADDR, AF_INET);
    memcpy(bytes, &msg, msg.h.nlmsg_len);
    len = NLMSG_ALIGN(msg.h.nlmsg_len);
    told = p2p__uv_routes_read(&r, bytes, len);
    assert_true(told.ifaces);
    assert_false(told.routes);
    make(&msg, RTM_NEWROUTE, 2, 1);
    memcpy(bytes + len, &msg, msg.h.nlmsg_len);
    told = p2p__uv_routes_read(&r, bytes, len + msg.h.nlmsg_len);
    assert_true(told.ifaces);
    assert_true(told.routes);
    /* What is cut off is left out. */
    for (size_t cut = 0; cut < len; cut++) {
        told = p2p__uv_routes_read(&r, bytes, cut);
        assert_false(told.routes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_route_that_is_told_again_is_no_news),
        cmocka_unit_test(test_other_routes_are_no_news),
        cmocka_unit_test(test_halves_are_default_routes),
        cmocka_unit_test(test_more_routes_than_are_remembered),
        cmocka_unit_test(test_a_datagram_has_several_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    return 77; /* there is no rtnetlink */
}
#endif
