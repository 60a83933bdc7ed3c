/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See logins.h. Happy path: `unitmesh ui` has a link made, whose code is behind
 * its # and so in no log of a server; the page sends the code, and gets a
 * cookie and what its changes show. Failure modes: no page here (409), a code
 * that is no good (401), too many of those (429). Secrets are in the answers
 * that are about them, and nowhere else.
 */
#include "mesh/app/logins.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mesh/app/answer.h"
#include "mesh/app/body.h"
#include "mesh/app/token.h"
#include "mesh/node/random.h"

#define COOKIE_BYTES 192

static uint64_t now_ms(const struct um_daemon *d)
{
    return d->loop.alarms.now_ms(d->loop.alarms.user);
}

/* A token that opens less. 0, or -1 after it was said what is wrong. */
static int read_token(struct um_daemon *d, enum um_setting which,
                      const char *path, char token[UM_TOKEN_CHARS + 1])
{
    const char *why = um_token_read(path, token);
    char place[UM_GIVEN_PLACE];

    if (why != NULL) {
        um_log_line(&d->log, UM_LOG_ERROR, "%s: %s",
                    um_given_place(&d->settings.given, which, 0, place), why);
    }
    return why == NULL ? 0 : -1;
}

int um_logins_tokens(struct um_daemon *d)
{
    const struct um_settings *s = &d->settings;

    return read_token(d, UM_SETTING_METRICS_TOKEN, s->metrics_token,
                      d->remote_auth.scraper) == 0 &&
                   read_token(d, UM_SETTING_READ_TOKEN, s->read_token,
                              d->remote_auth.reader) == 0
               ? 0
               : -1;
}

void um_logins_open(struct um_daemon *d)
{
    const char *colon = strrchr(d->settings.rest, ':');

    if (d->settings.ui && !d->settings.article && colon != NULL) {
        /* Cookies know no ports: several daemons of a host have one each. */
        (void)snprintf(d->remote_auth.cookie, sizeof d->remote_auth.cookie,
                       "unitmesh-%.5s", colon + 1);
    }
}

/* Why there is no page here. */
static const char *no_page(const struct um_daemon *d)
{
    return d->settings.article        ? "The daemon runs with --article."
           : !d->settings.ui          ? "The daemon runs with --no-ui."
           : d->settings.rest[0] == 0 ? "The daemon runs with --rest none."
                                      : NULL;
}

static const char *role_of(enum um_right right)
{
    return right == UM_RIGHT_ALL ? "admin" : "reader";
}

void um_logins_make(struct um_daemon *d, struct um_http_req *req)
{
    static const struct um_body_member may[] = {{"read_only", UM_VAL_BOOL},
                                                {NULL, 0}};
    unsigned char random[UM_LOGIN_BYTES];
    struct um_arena a = UM_ARENA_INIT;
    const struct um_login *login;
    struct um_val body;
    struct um_json j;
    char url[128];

    if (!um_body_read(req, &a, may, &body)) {
        um_arena_fini(&a);
        return;
    }
    if (no_page(d) != NULL) {
        um_answer_error(req, 409, "There is no page here.", no_page(d));
    } else if (um_random_fill(random, sizeof random) != 0) {
        um_answer_error(req, 500, "There are no random numbers.", NULL);
    } else {
        login = um_sessions_invite(
            &d->remote_auth.sessions,
            um_body_true(&body, "read_only") ? UM_RIGHT_READ : UM_RIGHT_ALL,
            random, now_ms(d));
        (void)snprintf(url, sizeof url, "http://%s/#login=%s", d->settings.rest,
                       login->code);
        um_json_init(&j);
        um_json_text(&j, "url", url);
        um_json_uint(&j, "expires_ms", UM_LOGIN_MS);
        um_answer_json(req, 200, &j);
    }
    um_arena_fini(&a);
}

/* At the time at which the session was found. */
static void answer_session(struct um_daemon *d, struct um_http_req *req,
                           const struct um_session *s, uint64_t at_ms)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "role", role_of(s->right));
    um_json_text(&j, "csrf", s->csrf);
    um_json_uint(&j, "expires_ms", s->until_ms - at_ms);
    um_json_text(&j, "node", p2p_peer_id_text(um_bus_id(d->bus), id));
    um_answer_json(req, 200, &j);
}

static void put_cookie(const struct um_daemon *d, struct um_http_req *req,
                       const char *id, uint64_t ms)
{
    char text[COOKIE_BYTES];

    (void)snprintf(text, sizeof text,
                   "%s=%s; Max-Age=%u; Path=/; HttpOnly; SameSite=Strict",
                   d->remote_auth.cookie, id, (unsigned)(ms / 1000));
    um_http_reply_header(req, "Set-Cookie", text);
}

/* Who logged in or out, for the log. */
static void note(struct um_daemon *d, const struct um_http_req *req,
                 enum um_right right, const char *what)
{
    const char *client = um_http_client(req);

    um_log_line(&d->log, UM_LOG_INFO, "a session as %s %s, from %s",
                role_of(right), what,
                client[0] != '\0' ? client : "the socket");
}

/* Ends the session of a request, if it has one. */
static void end(struct um_daemon *d, const struct um_http_req *req,
                const struct um_ask *ask)
{
    const struct um_session *s =
        um_auth_session(&d->remote_auth, ask, now_ms(d));

    if (s != NULL) {
        note(d, req, s->right, "ended");
        um_sessions_end(&d->remote_auth.sessions, s);
    }
}

/* The verdict on what a body shows; texts with zero bytes are shorter, and so
 * are none. */
static struct um_auth_verdict look_at(struct um_daemon *d,
                                      const struct um_ask *ask,
                                      const struct um_val *body)
{
    struct um_str code = um_body_text(body, "login");
    struct um_str token = um_body_text(body, "token");
    char text[UM_TOKEN_CHARS + 2];

    (void)snprintf(text, sizeof text, "%.*s",
                   UM_STR_ARG(code.p != NULL ? code : token));
    return um_auth_login(&d->remote_auth, ask, code.p != NULL ? text : NULL,
                         text, now_ms(d));
}

static void begin(struct um_daemon *d, struct um_http_req *req,
                  const struct um_ask *ask, enum um_right right)
{
    unsigned char random[UM_SESSION_BYTES];
    uint64_t at_ms = now_ms(d);
    const struct um_session *s;

    if (um_random_fill(random, sizeof random) != 0) {
        um_answer_error(req, 500, "There are no random numbers.", NULL);
        return;
    }
    end(d, req, ask);
    s = um_sessions_begin(&d->remote_auth.sessions, right, random, at_ms);
    note(d, req, right, "began");
    put_cookie(d, req, s->id, UM_SESSION_MS);
    answer_session(d, req, s, at_ms);
}

void um_logins_begin(struct um_daemon *d, struct um_http_req *req)
{
    static const struct um_body_member may[] = {
        {"login", UM_VAL_STRING}, {"token", UM_VAL_STRING}, {NULL, 0}};
    static const char json[] = "application/json";
    const struct um_ask ask = um_auth_ask(req);
    struct um_arena a = UM_ARENA_INIT;
    struct um_val body;

    /* A page of somebody else can send no such type without asking. */
    if (ask.type == NULL || strncasecmp(ask.type, json, sizeof json - 1) != 0) {
        um_answer_error(req, 415, "The Content-Type must be application/json.",
                        NULL);
    } else if (um_body_read(req, &a, may, &body)) {
        if (body.count != 1) {
            um_answer_error(req, 400,
                            "Either \"login\" or \"token\" is needed.", NULL);
        } else {
            const struct um_auth_verdict v = look_at(d, &ask, &body);

            if (v.status == 0) {
                begin(d, req, &ask, v.right);
            } else {
                um_answer_verdict(req, &d->log, &v);
            }
        }
    }
    um_arena_fini(&a);
}

void um_logins_show(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_ask ask = um_auth_ask(req);
    uint64_t at_ms = now_ms(d);
    const struct um_session *s = um_auth_session(&d->remote_auth, &ask, at_ms);

    if (s == NULL) { /* it ended since it was let in */
        um_answer_error(req, 401, "The session has ended.", NULL);
        return;
    }
    answer_session(d, req, s, at_ms);
}

void um_logins_end(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_ask ask = um_auth_ask(req);

    if (!um_body_none(req)) {
        return;
    }
    end(d, req, &ask);
    put_cookie(d, req, "", 0);
    um_http_reply(req, 204, NULL, "", 0);
}
