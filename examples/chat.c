/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A chat room on the local network: every `chat ROOM` finds the others by mDNS
 * and passes lines on by gossipsub. Type a line to say it; end with ^D.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p2p/p2p.h>

struct chat {
    struct p2p_loop *loop;
    struct p2p_host *host;
    struct p2p_pubsub *pubsub;
    const char *room;
};

/* The last six letters of an id tell people apart. */
static const char *nick(const struct p2p_peer_id *id, char *buf)
{
    size_t len = strlen(p2p_peer_id_text(id, buf));

    return buf + (len > 6 ? len - 6 : 0);
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)user;
    printf("%s: %.*s\n", nick(&m->from, id), (int)m->len,
           (const char *)m->data);
    fflush(stdout);
    return P2P_ACCEPT;
}

static void on_peer_up(void *user, const struct p2p_peer_id *peer)
{
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)user;
    printf("* %s is here\n", nick(peer, id));
    fflush(stdout);
}

static void on_peer_down(void *user, const struct p2p_peer_id *peer)
{
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)user;
    printf("* %s left\n", nick(peer, id));
    fflush(stdout);
}

/* Lines come from a thread of their own; p2p_loop_post() carries them over. */
struct line {
    struct chat *chat;
    char text[512];
    int end;
};

static void say(void *arg)
{
    struct line *l = arg;

    if (l->end) {
        p2p_loop_stop(l->chat->loop);
    } else {
        p2p_pubsub_publish(l->chat->pubsub, l->chat->room, l->text,
                           strcspn(l->text, "\n"));
    }
    free(l);
}

static void *read_lines(void *arg)
{
    struct line *l = NULL;

    do {
        l = calloc(1, sizeof *l);
        if (l == NULL) {
            abort();
        }
        l->chat = arg;
        l->end = fgets(l->text, sizeof l->text, stdin) == NULL;
    } while (p2p_loop_post(l->chat->loop, say, l) == 0 && !l->end);
    return NULL;
}

static int start(struct chat *c, const struct p2p_key *key)
{
    static const struct p2p_host_events events = {.peer_up = on_peer_up,
                                                  .peer_down = on_peer_down};
    struct p2p_host_config cfg = P2P_HOST_CONFIG_INIT;
    char id[P2P_PEER_ID_TEXT_MAX];
    int rv = p2p_loop_new(&c->loop);

    cfg.key = key;
    cfg.events = &events;
    cfg.mdns = true;
    cfg.mdns_dial = true;
    if (rv == 0) {
        rv = p2p_host_new(c->loop, &cfg, &c->host);
    }
    if (rv == 0) {
        rv = p2p_pubsub_new(c->host, NULL, &c->pubsub);
    }
    if (rv == 0) {
        rv = p2p_pubsub_subscribe(c->pubsub, c->room, on_message, c);
    }
    if (rv == 0) {
        rv = p2p_host_listen(c->host, "/ip4/0.0.0.0/tcp/0");
    }
    if (rv == 0) {
        printf("* you are %s in %s\n", nick(p2p_host_id(c->host), id), c->room);
        fflush(stdout);
    }
    return rv;
}

int main(int argc, char **argv)
{
    struct chat c = {.room = argc > 1 ? argv[1] : "lobby"};
    struct p2p_key *key = NULL;
    pthread_t reader;
    int rv = p2p_key_generate(P2P_KEY_ED25519, &key);

    if (rv == 0) {
        rv = start(&c, key);
    }
    if (rv == 0 && pthread_create(&reader, NULL, read_lines, &c) == 0) {
        p2p_loop_run(c.loop);
        pthread_join(reader, NULL);
    }
    if (rv != 0) {
        fprintf(stderr, "chat: %s\n", p2p_err_text(rv));
    }
    p2p_host_free(c.host);
    p2p_loop_free(c.loop);
    p2p_key_free(key);
    return rv != 0;
}
