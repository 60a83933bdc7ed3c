/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A peer that says something, finishes and resets its connection at once: the
 * answer then meets a pipe that is broken, for which the kernel has a signal
 * that ends programs.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/p2p.h"
#include "unit.h"
#include "wire/maddr.h"

#define HELLO "\x13/multistream/1.0.0\n"

struct server {
    struct p2p_key *key;
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct sockaddr_in at;
};

static void start(struct server *s)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_multiaddr addr;
    struct p2p__maddr_waist waist;

    assert_int_equal(p2p_key_generate(P2P_KEY_ED25519, &s->key), 0);
    assert_int_equal(p2p_loop_new(&s->loop), 0);
    cfg.key = s->key;
    assert_int_equal(p2p_host_new(s->loop, &cfg, &s->host), 0);
    assert_int_equal(p2p_host_listen(s->host, "/ip4/127.0.0.1/tcp/0"), 0);
    assert_int_equal(p2p_host_addrs(s->host, &addr, 1), 1);
    assert_int_equal(p2p__maddr_waist(&addr, &waist), 0);
    s->at = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(waist.addr.port),
    };
}

static void end(struct server *s)
{
    p2p_host_free(s->host);
    p2p_loop_free(s->loop);
    p2p_key_free(s->key);
}

/* A connection that has said hello; the kernel accepts it for the host. */
static int hello(const struct server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&s->at, sizeof s->at),
                     0);
    assert_int_equal(write(fd, HELLO, sizeof HELLO - 1), sizeof HELLO - 1);
    return fd;
}

/* A FIN and a RST. */
static void reset(int fd)
{
    const struct linger now = {.l_onoff = 1};

    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now),
                     0);
    assert_int_equal(close(fd), 0);
}

/* Drives the loop until the host has answered on a socket. */
static void await_answer(struct server *s, int fd)
{
    struct pollfd fds[2] = {{.fd = p2p_loop_fd(s->loop), .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};

    while (!(fds[1].revents & POLLIN)) {
        assert_true(poll(fds, 2, p2p_loop_timeout_ms(s->loop)) >= 0);
        p2p_loop_drive(s->loop);
    }
}

static void test_a_reset_ends_nobody(void **state)
{
    struct server s;
    int fd;

    (void)state;
    (void)signal(SIGPIPE, SIG_DFL);
    start(&s);
    for (int i = 0; i < 8; i++) {
        reset(hello(&s));
    }
    fd = hello(&s); /* behind them in the queue */
    await_answer(&s, fd);
    (void)close(fd);
    end(&s);
}

static void on_signal(int number)
{
    (void)number;
}

static void test_a_handler_stays(void **state)
{
    struct p2p_loop *loop;
    struct sigaction sa;

    (void)state;
    (void)signal(SIGPIPE, on_signal);
    assert_int_equal(p2p_loop_new(&loop), 0);
    assert_int_equal(sigaction(SIGPIPE, NULL, &sa), 0);
    assert_true(sa.sa_handler == on_signal);
    p2p_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reset_ends_nobody),
        cmocka_unit_test(test_a_handler_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
