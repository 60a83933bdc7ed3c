/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real loop, with real sockets on loopback. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/host.h"
#include "unit.h"
#include "wire/maddr.h"

static void (*disposition(void))(int)
{
    struct sigaction now;

    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    return now.sa_handler;
}

static void handler(int sig)
{
    (void)sig;
}

static void test_sigpipe_is_ignored_unless_it_is_handled(void **state)
{
    struct p2p_loop *loop;

    (void)state;
    (void)signal(SIGPIPE, handler);
    assert_int_equal(p2p_loop_new(&loop), 0);
    assert_ptr_equal(disposition(), handler);
    p2p_loop_free(loop);
    (void)signal(SIGPIPE, SIG_DFL);
    assert_int_equal(p2p_loop_new(&loop), 0);
    assert_ptr_equal(disposition(), SIG_IGN);
    p2p_loop_free(loop);
}

/* A socket that is connected to the host's first address. */
static int connect_to(const struct p2p_host *h)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct p2p__maddr_waist at;
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_host_addrs(h, &ma, 1), 1);
    assert_int_equal(p2p__maddr_waist(&ma, &at), 0);
    memcpy(&to.sin_addr, at.addr.ip, 4);
    to.sin_port = htons(at.addr.port);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Peers that are gone before they are answered: reset, or closed with what
 * was said still to be read. */
static void test_peers_that_close_while_we_write(void **state)
{
    static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
    const struct linger at_once = {.l_onoff = 1};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_host_stats s = {.conns_in = 1};
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_key *key;

    (void)state;
    (void)signal(SIGPIPE, SIG_DFL);
    assert_int_equal(p2p_loop_new(&loop), 0);
    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &key), 0);
    cfg.key = key;
    assert_int_equal(p2p_host_new(loop, &cfg, &host), 0);
    assert_int_equal(p2p_host_listen(host, "/ip4/127.0.0.1/tcp/0"), 0);
    for (int i = 0; i < 200; i++) {
        int fd = connect_to(host);

        if (i % 2 == 0) {
            assert_int_equal(send(fd, hello, strlen(hello), 0),
                             (ssize_t)strlen(hello));
        }
        if (i % 3 == 0) {
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
                             sizeof at_once);
        }
        assert_int_equal(close(fd), 0);
        p2p_loop_drive(loop);
    }
    for (int i = 0; i < 100000 && (s.conns_in > 0 || i < 1000); i++) {
        p2p_loop_drive(loop);
        p2p_host_stats(host, &s, sizeof s);
    }
    assert_int_equal(s.conns_in, 0);
    assert_int_equal(s.handshakes_pending, 0);
    assert_int_equal(s.memory_bytes, 0);
    assert_int_equal(s.descriptors, 1);
    p2p_host_free(host);
    p2p_key_free(key);
    p2p_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigpipe_is_ignored_unless_it_is_handled),
        cmocka_unit_test(test_peers_that_close_while_we_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
