/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A host on somebody else's loop: plain epoll waits for the library's
 * descriptor, and for anything else the program has, here stdin. It pings the
 * peer at MULTIADDR each time a line is entered.
 */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <p2p/p2p.h>

struct app {
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_peer_id peer;
};

static void on_ping(void *user, int status, uint64_t rtt_us)
{
    (void)user;
    if (status < 0) {
        printf("%s\n", p2p_err_text(status));
    } else {
        printf("%.3f ms\n", (double)rtt_us / 1000.0);
    }
    fflush(stdout);
}

static void watch(int epoll, int fd)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

/* Waits and drives until the end of input. */
static void run(struct app *app, int epoll)
{
    struct epoll_event ev;
    char line[64];

    p2p_loop_drive(app->loop);
    for (;;) {
        int n = epoll_wait(epoll, &ev, 1, p2p_loop_timeout_ms(app->loop));

        if (n > 0 && ev.data.fd == STDIN_FILENO) {
            if (read(STDIN_FILENO, line, sizeof line) <= 0) {
                return;
            }
            p2p_host_ping(app->host, &app->peer, 1, on_ping, app);
        }
        p2p_loop_drive(app->loop);
    }
}

int main(int argc, char **argv)
{
    struct app app = {0};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_multiaddr ma;
    struct p2p_key *key = NULL;
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (argc != 2 ||
        p2p_multiaddr_from_text(argv[1], strlen(argv[1]), &ma) != 0 ||
        !p2p_multiaddr_peer(&ma, &app.peer)) {
        fprintf(stderr, "usage: epoll MULTIADDR/p2p/ID\n");
        return 2;
    }
    if (epoll < 0 || p2p_key_generate(P2P_KEY_ED25519, &key) != 0 ||
        p2p_loop_new(&app.loop) != 0) {
        return 1;
    }
    cfg.key = key;
    if (p2p_host_new(app.loop, &cfg, &app.host) == 0 &&
        p2p_host_add_addr(app.host, argv[1], 0) == 0) {
        watch(epoll, p2p_loop_fd(app.loop));
        watch(epoll, STDIN_FILENO);
        run(&app, epoll);
    }
    p2p_host_free(app.host);
    p2p_loop_free(app.loop);
    p2p_key_free(key);
    close(epoll);
    return 0;
}
