/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Two hosts in one program, for people who know go-libp2p: docs/guides/
 * from-go-libp2p.md shows its parts beside what they are in Go. The first host
 * dials the second, sends it a line, gets it back, pings, and publishes.
 */
#include <stdio.h>
#include <string.h>

#include <p2p/p2p.h>

static const char *const echo_protocol[] = {"/echo/1.0.0"};

struct app {
    struct p2p_loop *loop;
    struct p2p_host *host;  /* dials */
    struct p2p_host *other; /* listens */
    struct p2p_pubsub *pubsub;
    struct p2p_timer *timer;
    int status;
};

static void done(struct app *app, int status)
{
    app->status = status;
    p2p_loop_stop(app->loop);
}

/* A key that is kept: written, and read again as a later start would. */
static int identity(struct p2p_key **key)
{
    uint8_t saved[P2P_PRIVKEY_MAX];
    struct p2p_key *fresh = NULL;
    int len = p2p_key_generate(P2P_KEY_ED25519, &fresh);

    if (len == 0) {
        len = p2p_key_encode(fresh, saved, sizeof saved);
    }
    p2p_key_free(fresh);
    return len < 0 ? len : p2p_key_decode(saved, (size_t)len, key);
}

/* What a Notifiee hears. */
static void on_connected(void *user, const struct p2p_conn_info *conn)
{
    char addr[P2P_MULTIADDR_TEXT_MAX];

    (void)user;
    printf("connected: %s, %s, %s%s\n", p2p_multiaddr_text(&conn->addr, addr),
           conn->security, conn->muxer, conn->outbound ? ", dialed" : "");
}

static const struct p2p_host_events notifiee = {.connected = on_connected};

/* The handler of a protocol: what comes goes back. */
static void echo_data(void *user, struct p2p_stream *stream,
                      const uint8_t *bytes, size_t len)
{
    (void)user;
    if (p2p_stream_send(stream, bytes, len) != 0) {
        p2p_stream_reset(stream);
    }
}

static void echo_finished(void *user, struct p2p_stream *stream)
{
    (void)user;
    p2p_stream_finish(stream);
}

static const struct p2p_stream_events echo_events = {
    .data = echo_data,
    .finished = echo_finished,
};

static void on_stream(void *user, struct p2p_stream *stream)
{
    p2p_stream_listen(stream, &echo_events, user);
}

/* Pubsub: what a validator decides is what the handler of messages returns. */
static enum p2p_verdict on_message(void *user, const struct p2p_message *msg)
{
    if (msg->len == 0) {
        return P2P_REJECT;
    }
    printf("message: %.*s\n", (int)msg->len, (const char *)msg->data);
    done(user, 0);
    return P2P_ACCEPT;
}

static void publish(void *user)
{
    struct app *app = user;
    int peers = p2p_pubsub_publish(app->pubsub, "news", "good morning", 12);

    if (peers < 0) {
        done(app, peers);
    }
    if (peers != 0) { /* else: nobody has told yet that it is subscribed */
        p2p_timer_free(app->timer);
        app->timer = NULL;
    }
}

static void on_ping(void *user, int status, uint64_t rtt_us)
{
    struct app *app = user;

    if (status == 0) {
        printf("ping: %s\n", rtt_us > 0 ? "there and back" : "at once");
        status = p2p_timer_new(app->loop, 0, 20, publish, app, &app->timer);
    }
    if (status != 0) {
        done(app, status);
    }
}

static void answer_data(void *user, struct p2p_stream *stream,
                        const uint8_t *bytes, size_t len)
{
    (void)user;
    (void)stream;
    printf("answer: %.*s\n", (int)len, (const char *)bytes);
}

static void answer_closed(void *user, struct p2p_stream *stream, int status)
{
    struct app *app = user;

    if (status == 0) {
        status =
            p2p_host_ping(app->host, p2p_stream_peer(stream), 1, on_ping, app);
    }
    if (status != 0) {
        done(app, status);
    }
}

static const struct p2p_stream_events answer_events = {
    .data = answer_data,
    .closed = answer_closed,
};

static int ask(struct app *app, const struct p2p_peer_id *peer)
{
    struct p2p_stream *stream = NULL;
    int rv = p2p_stream_open(app->host, peer, echo_protocol, 1, &answer_events,
                             app, &stream);

    if (rv == 0) {
        rv = p2p_stream_send(stream, "hello", 5);
        p2p_stream_finish(stream);
    }
    return rv;
}

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct app *app = user;

    if (status == 0) {
        status = p2p_host_keep(app->host, peer, true);
    }
    if (status == 0) {
        status = ask(app, peer);
    }
    if (status != 0) {
        done(app, status);
    }
}

/* The second host: it listens, serves a protocol, and is subscribed. */
static int serve(struct app *app)
{
    struct p2p_pubsub *pubsub = NULL;
    int rv = p2p_host_listen(app->other, "/ip4/127.0.0.1/tcp/0");

    if (rv == 0) {
        rv = p2p_host_handle(app->other, echo_protocol[0], on_stream, app);
    }
    if (rv == 0) {
        rv = p2p_pubsub_new(app->other, NULL, &pubsub);
    }
    if (rv == 0) {
        rv = p2p_pubsub_subscribe(pubsub, "news", on_message, app);
    }
    return rv;
}

static int start(struct app *app)
{
    struct p2p_multiaddr addr = {0};
    char text[P2P_MULTIADDR_TEXT_MAX];
    int rv = serve(app);

    if (rv == 0) {
        rv = p2p_pubsub_new(app->host, NULL, &app->pubsub);
    }
    if (rv == 0 && p2p_host_addrs(app->other, &addr, 1) > 0) {
        rv = p2p_host_dial(app->host, p2p_multiaddr_text(&addr, text),
                           on_dialed, app);
    }
    return rv;
}

static int host_of(struct app *app, const struct p2p_key *key,
                   struct p2p_host **host)
{
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;

    cfg.key = key;
    cfg.events = &notifiee;
    cfg.user = app;
    return p2p_host_new(app->loop, &cfg, host);
}

int main(void)
{
    struct app app = {0};
    struct p2p_key *keys[2] = {NULL, NULL};
    int rv = p2p_loop_new(&app.loop);

    for (int i = 0; i < 2 && rv == 0; i++) {
        rv = identity(&keys[i]);
        if (rv == 0) {
            rv = host_of(&app, keys[i], i == 0 ? &app.host : &app.other);
        }
    }
    if (rv == 0) {
        rv = start(&app);
    }
    if (rv == 0) {
        p2p_loop_run(app.loop);
        rv = app.status;
    }
    p2p_timer_free(app.timer);
    p2p_host_free(app.host);
    p2p_host_free(app.other);
    p2p_loop_free(app.loop);
    p2p_key_free(keys[0]);
    p2p_key_free(keys[1]);
    if (rv != 0) {
        fprintf(stderr, "from_go: %s\n", p2p_err_text(rv));
    }
    return rv != 0;
}
