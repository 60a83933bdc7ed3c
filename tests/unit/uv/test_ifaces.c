/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The machine's interfaces: the kernel tells that they changed. In a network
 * namespace of its own, whose loopback is plugged in; where there can be none,
 * that is skipped in words. */
#include "uv/ifaces.h"

#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "uv/loop.h"

struct watcher {
    struct p2p__ifaces_watch watch;
    unsigned told, rerouted;
};

static void on_rerouted(struct p2p__ifaces_watch *watch, p2p_ns now)
{
    P2P__CONTAINER(watch, struct watcher, watch)->rerouted++;
    assert_true(now > 0);
}

static void on_changed(struct p2p__ifaces_watch *watch, p2p_ns now)
{
    P2P__CONTAINER(watch, struct watcher, watch)->told++;
    assert_true(now > 0);
}

/* Plugs loopback in, or pulls it. */
static void plug(bool in)
{
    struct ifreq r = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &r), 0);
    r.ifr_flags = (short)(in ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &r), 0);
    assert_int_equal(close(fd), 0);
}

/* A route to so many bits of 0.0.0.0 by loopback comes, or goes. */
static void route(unsigned bits, bool there)
{
    struct sockaddr_in dst = {.sin_family = AF_INET},
                       mask = {.sin_family = AF_INET};
    struct rtentry r = {.rt_flags = RTF_UP, .rt_dev = (char[]){"lo"}};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    dst.sin_addr.s_addr = htonl(bits > 8 ? 0x0a000000 : 0);
    mask.sin_addr.s_addr = htonl(bits == 0 ? 0 : ~0U << (32 - bits));
    memcpy(&r.rt_dst, &dst, sizeof dst);
    memcpy(&r.rt_genmask, &mask, sizeof mask);
    assert_int_equal(ioctl(fd, there ? SIOCADDRT : SIOCDELRT, &r), 0);
    assert_int_equal(close(fd), 0);
}

/* In a namespace whose loopback is plugged in. */
static void follow_routes(struct p2p_loop *loop)
{
    struct watcher w = {
        .watch = {.changed = on_changed, .rerouted = on_rerouted}};
    struct p2p__ifaces *ifaces = loop->world.ifaces;
    unsigned told;

    assert_int_equal(ifaces->watch(ifaces, &w.watch), 0);
    p2p_loop_drive(loop);
    told = w.told;
    assert_int_equal(w.rerouted, 0);
    route(16, true); /* 10.0/16 */
    p2p_loop_drive(loop);
    assert_int_equal(w.rerouted, 0);
    route(0, true);
    p2p_loop_drive(loop);
    assert_int_equal(w.rerouted, 1);
    route(1, true); /* 0/1, as VPNs have it */
    p2p_loop_drive(loop);
    assert_int_equal(w.rerouted, 2);
    route(0, false);
    p2p_loop_drive(loop);
    assert_int_equal(w.rerouted, 3);
    assert_int_equal(w.told, told); /* nothing of addresses */
    p2p__list_remove(&w.watch.link);
}

static void test_a_change_is_told(void **state)
{
    struct watcher w = {.watch = {.changed = on_changed}}, other = w;
    struct p2p__iface list[4];
    struct p2p__ifaces *ifaces;
    struct p2p_loop *loop;
    unsigned told;

    (void)state;
    if (unshare(CLONE_NEWNET) != 0 &&
        unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        print_message("skipped: there can be no network namespace here\n");
        skip();
    }
    assert_int_equal(p2p_loop_new(&loop), 0);
    ifaces = loop->world.ifaces;
    assert_int_equal(ifaces->list(ifaces, list, P2P__COUNT(list)), 0);
    assert_int_equal(ifaces->watch(ifaces, &w.watch), 0);
    assert_int_equal(ifaces->watch(ifaces, &other.watch), 0);
    p2p_loop_drive(loop);
    assert_int_equal(w.told, 0);
    plug(true);
    p2p_loop_drive(loop);
    assert_true(w.told > 0);
    assert_int_equal(other.told, w.told);
    assert_true(ifaces->list(ifaces, list, P2P__COUNT(list)) > 0);
    assert_int_equal(list[0].addr.family, 4);
    assert_int_equal(list[0].prefix, 8); /* 127.0.0.1/8 */
    follow_routes(loop);
    p2p__list_remove(&other.watch.link);
    told = w.told;
    plug(false);
    p2p_loop_drive(loop);
    assert_true(w.told > told);
    assert_int_equal(other.told, told);
    /* More than the socket has room for is a change, too. */
    for (int i = 0; i < 2000; i++) {
        plug(i % 2 == 0);
    }
    told = w.told;
    p2p_loop_drive(loop);
    p2p_loop_drive(loop);
    assert_true(w.told > told);
    for (int i = 0; i < 100; i++) {
        p2p_loop_drive(loop);
    }
    told = w.told;
    plug(true);
    p2p_loop_drive(loop);
    assert_true(w.told > told);
    p2p__list_remove(&w.watch.link);
    p2p_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
