/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `p2p pub` and `p2p sub`: one message to a topic, and what comes on it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oneshot.h"
#include "shot.h"

/* How often the peer's subscriptions are looked at, and for how long. */
#define LOOK_MS   20
#define LOOKS_MAX 500

static int make_pubsub(struct shot *s)
{
    return p2p_pubsub_new(s->host, NULL, &s->pubsub);
}

/* The answer to a ping behind the message: the message has arrived. */
static void on_arrived(void *user, int status, uint64_t rtt_us)
{
    struct shot *s = user;

    (void)rtt_us;
    shot_end(s, status < 0 ? shot_complain(s->addr, status) : 0);
}

static void publish(struct shot *s)
{
    int rv = p2p_pubsub_publish(s->pubsub, s->topic, s->text, strlen(s->text));

    if (rv >= 0) {
        rv = p2p_host_ping(s->host, &s->peer, 1, on_arrived, s);
    }
    if (rv < 0) {
        shot_end(s, shot_complain(s->topic, rv));
    }
}

static void on_look(void *user)
{
    struct shot *s = user;

    if (p2p_pubsub_peers(s->pubsub, s->topic, false, NULL, 0) > 0) {
        p2p_timer_free(s->look);
        s->look = NULL;
        publish(s);
    } else if (--s->left == 0) {
        (void)fprintf(stderr, "p2p: %s: nobody there is subscribed to %s\n",
                      s->addr, s->topic);
        shot_end(s, 1);
    }
}

static void start_pub(struct shot *s)
{
    int rv = p2p_timer_new(s->loop, 0, LOOK_MS, on_look, s, &s->look);

    if (rv != 0) {
        shot_end(s, shot_complain(s->topic, rv));
    }
}

int oneshot_pub(int argc, char **argv)
{
    struct shot s = {
        .left = LOOKS_MAX, .prepare = make_pubsub, .connected = start_pub};

    if (argc != 4 || argv[1][0] == '-') {
        return shot_usage("pub MA TOPIC TEXT");
    }
    s.addr = argv[1];
    s.topic = argv[2];
    s.text = argv[3];
    return shot_run(&s);
}

static enum p2p_verdict on_message(void *user, const struct p2p_message *m)
{
    struct shot *s = user;
    char id[P2P_PEER_ID_TEXT_MAX];

    (void)printf("%s: ", p2p_peer_id_text(&m->from, id));
    (void)fwrite(m->data, 1, m->len, stdout);
    (void)putchar('\n');
    if (fflush(stdout) != 0) {
        shot_end(s, 1); /* who read has gone */
    } else if (s->left > 0 && --s->left == 0) {
        shot_end(s, 0);
    }
    return P2P_ACCEPT;
}

static int subscribe(struct shot *s)
{
    int rv = make_pubsub(s);

    return rv != 0 ? rv
                   : p2p_pubsub_subscribe(s->pubsub, s->topic, on_message, s);
}

/* A peer that goes is dialed again. */
static void start_sub(struct shot *s)
{
    int rv = p2p_host_keep(s->host, &s->peer, true);

    if (rv != 0) {
        shot_end(s, shot_complain(s->addr, rv));
    }
}

int oneshot_sub(int argc, char **argv)
{
    static const char text[] = "sub MA TOPIC [-n N]";
    struct shot s = {
        .forever = true, .prepare = subscribe, .connected = start_sub};
    int c;

    while ((c = getopt(argc, argv, "n:")) != -1) {
        if (c != 'n' || atoi(optarg) <= 0) {
            return shot_usage(text);
        }
        s.left = (uint32_t)atoi(optarg);
    }
    if (optind + 2 != argc) {
        return shot_usage(text);
    }
    s.addr = argv[optind];
    s.topic = argv[optind + 1];
    return shot_run(&s);
}
