/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A server that sends back what it gets, and a client for it:
 *
 *     echo                      serves /echo/1.0.0 and prints its address
 *     echo MULTIADDR TEXT       sends the text there and prints the answer
 */
#include <stdio.h>
#include <string.h>

#include <p2p/p2p.h>

static const char *const protocols[] = {"/echo/1.0.0"};

struct app {
    struct p2p_loop *loop;
    struct p2p_host *host;
    const char *words;
    int status;
};

/* The server: what comes goes back; when the peer is done, so are we. */
static void echo_data(void *user, struct p2p_stream *s, const uint8_t *p,
                      size_t len)
{
    (void)user;
    if (p2p_stream_send(s, p, len) != 0) {
        p2p_stream_reset(s); /* a peer that does not read what it sent */
    }
}

static void echo_finished(void *user, struct p2p_stream *s)
{
    (void)user;
    p2p_stream_finish(s);
}

static const struct p2p_stream_events echo_events = {
    .data = echo_data,
    .finished = echo_finished,
};

static void on_stream(void *user, struct p2p_stream *s)
{
    p2p_stream_listen(s, &echo_events, user);
}

static int serve(struct app *app)
{
    struct p2p_multiaddr addrs[8];
    char text[P2P_MULTIADDR_TEXT_MAX];
    size_t n;
    int rv = p2p_host_handle(app->host, protocols[0], on_stream, app);

    if (rv == 0) {
        rv = p2p_host_listen(app->host, "/ip4/127.0.0.1/tcp/0");
    }
    n = p2p_host_addrs(app->host, addrs, 8);
    for (size_t i = 0; rv == 0 && i < n; i++) {
        puts(p2p_multiaddr_text(&addrs[i], text));
    }
    fflush(stdout);
    return rv;
}

/* The client: send, print, stop. */
static void answer_data(void *user, struct p2p_stream *s, const uint8_t *p,
                        size_t len)
{
    (void)user;
    (void)s;
    fwrite(p, 1, len, stdout);
}

static void answer_closed(void *user, struct p2p_stream *s, int status)
{
    struct app *app = user;

    (void)s;
    putchar('\n');
    app->status = status;
    p2p_loop_stop(app->loop);
}

static const struct p2p_stream_events answer_events = {
    .data = answer_data,
    .closed = answer_closed,
};

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct app *app = user;
    struct p2p_stream *s = NULL;

    if (status == 0) {
        status = p2p_stream_open(app->host, peer, protocols, 1, &answer_events,
                                 app, &s);
    }
    if (status == 0) {
        p2p_stream_send(s, app->words, strlen(app->words));
        p2p_stream_finish(s);
        return;
    }
    app->status = status;
    p2p_loop_stop(app->loop);
}

int main(int argc, char **argv)
{
    struct app app = {.words = argc > 2 ? argv[2] : "hello"};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    struct p2p_key *key = NULL;
    int rv = p2p_key_generate(P2P_KEY_ED25519, &key);

    cfg.key = key;
    if (rv == 0) {
        rv = p2p_loop_new(&app.loop);
    }
    if (rv == 0) {
        rv = p2p_host_new(app.loop, &cfg, &app.host);
    }
    if (rv == 0) {
        rv = argc > 1 ? p2p_host_dial(app.host, argv[1], on_dialed, &app)
                      : serve(&app);
    }
    if (rv == 0) {
        p2p_loop_run(app.loop);
        rv = app.status;
    }
    p2p_host_free(app.host);
    p2p_loop_free(app.loop);
    p2p_key_free(key);
    if (rv != 0) {
        fprintf(stderr, "echo: %s\n", p2p_err_text(rv));
    }
    return rv != 0;
}
