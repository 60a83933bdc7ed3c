/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See meet.h. Four commands of Redis over hiredis' waiting calls. A server
 * that is not there yet is tried again until the time is over. */
#include "meet.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hiredis/hiredis.h>

#define PAUSE_MS 100

const struct meet_key meet_listener = {"listener_multiaddr", "listenerAddr",
                                       "where the listener is"};

static time_t now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

static void pause_a_little(void)
{
    (void)poll(NULL, 0, PAUSE_MS);
}

/* Returns owned: redisFree() it; or NULL when the time was over. */
static redisContext *connect_until(const struct harness_env *env, time_t end)
{
    const char *colon = strrchr(env->redis, ':');
    char host[256];
    int port = colon != NULL ? atoi(colon + 1) : 6379;
    size_t len =
        colon != NULL ? (size_t)(colon - env->redis) : strlen(env->redis);

    if (len >= sizeof host || port <= 0) {
        (void)fprintf(stderr, "%s: not host:port\n", env->redis);
        return NULL;
    }
    memcpy(host, env->redis, len);
    host[len] = '\0';
    for (;;) {
        redisContext *c = redisConnect(host, port);

        if (c != NULL && c->err == 0) {
            return c;
        }
        if (now() >= end) {
            (void)fprintf(stderr, "redis at %s: %s\n", env->redis,
                          c != NULL ? c->errstr : "out of memory");
            redisFree(c);
            return NULL;
        }
        redisFree(c);
        pause_a_little();
    }
}

/* Whether the server answered, and with no error; says so if not. */
static bool answered(const redisContext *c, const redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        (void)fprintf(stderr, "redis: %s\n",
                      reply != NULL ? reply->str : c->errstr);
        return false;
    }
    return true;
}

bool meet_tell(const struct harness_env *env, const struct meet_key *key,
               const char *text)
{
    redisContext *c = connect_until(env, now() + (time_t)env->seconds);
    redisReply *reply;
    bool ok;

    if (c == NULL) {
        return false;
    }
    reply = env->old_style ? redisCommand(c, "RPUSH %s %s", key->old_name, text)
                           : redisCommand(c, "SET %s_%s %s", env->test_key,
                                          key->name, text);
    ok = answered(c, reply);
    freeReplyObject(reply);
    redisFree(c);
    return ok;
}

/* One question. 1: there, 0: not yet, -1: failed. */
static int ask_once(redisContext *c, const struct harness_env *env,
                    const struct meet_key *key, char out[MEET_TEXT_MAX])
{
    redisReply *reply =
        env->old_style ? redisCommand(c, "BLPOP %s 1", key->old_name)
                       : redisCommand(c, "GET %s_%s", env->test_key, key->name);
    const redisReply *text = reply;
    int rv = answered(c, reply) ? 0 : -1;

    /* BLPOP answers with the list's name and the element. */
    if (rv == 0 && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        text = reply->element[1];
    }
    if (rv == 0 && text->type == REDIS_REPLY_STRING) {
        rv = text->len < MEET_TEXT_MAX ? 1 : -1;
    }
    if (rv == 1) {
        memcpy(out, text->str, (size_t)text->len);
        out[text->len] = '\0';
    }
    freeReplyObject(reply);
    return rv;
}

bool meet_ask(const struct harness_env *env, const struct meet_key *key,
              char text[MEET_TEXT_MAX])
{
    time_t end = now() + (time_t)env->seconds;
    redisContext *c = connect_until(env, end);
    int rv = 0;

    while (c != NULL && (rv = ask_once(c, env, key, text)) == 0 &&
           now() < end) {
        pause_a_little();
    }
    if (c != NULL && rv == 0) {
        (void)fprintf(stderr, "nobody said %s in %u s\n", key->what,
                      env->seconds);
    }
    redisFree(c);
    return rv == 1;
}
