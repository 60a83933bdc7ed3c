/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who is logged in: sessions of browsers, and the codes of links that begin
 * one. All of it is in memory and has an end; `now` and random bytes are
 * arguments. A session's name is never taken from who asks, so nobody can be
 * given one that another knows.
 */
#ifndef UM_REST_SESSION_H
#define UM_REST_SESSION_H

#include <stddef.h>
#include <stdint.h>

/** Sessions at a time; the one that ends first makes room. */
#define UM__CAP_SESSIONS 64U
/** Codes at a time that nobody used; the one that ends first makes room. */
#define UM__CAP_LOGINS 16U

/** How long they hold, in ms. */
#define UM_SESSION_MS ((uint64_t)12 * 60 * 60 * 1000)
#define UM_LOGIN_MS   ((uint64_t)2 * 60 * 1000)

/** Random bytes of a session, of a login; and a secret's letters. */
#define UM_SESSION_BYTES 64U
#define UM_LOGIN_BYTES   16U
#define UM_SESSION_CHARS 64U
#define UM_LOGIN_CHARS   32U

/** What somebody may; each may what those before it may. */
enum um_right {
    UM_RIGHT_NONE,
    UM_RIGHT_FIGURES, /**< GET /metrics */
    UM_RIGHT_READ,    /**< GET of what shows no secret */
    UM_RIGHT_ALL
};

/** A session. */
struct um_session {
    char id[UM_SESSION_CHARS + 1];   /**< in the cookie; "": a free place */
    char csrf[UM_SESSION_CHARS + 1]; /**< in X-CSRF of what writes */
    enum um_right right;
    uint64_t until_ms;
};

/** A code that begins one, once. */
struct um_login {
    char code[UM_LOGIN_CHARS + 1]; /**< "": a free place */
    enum um_right right;
    uint64_t until_ms;
};

/** All of them; zeroed: none. */
struct um_sessions {
    struct um_session all[UM__CAP_SESSIONS];
    struct um_login logins[UM__CAP_LOGINS];
};

/** Makes a code. @return valid until the next call on it */
const struct um_login *um_sessions_invite(
    struct um_sessions *s, enum um_right right,
    const unsigned char random[UM_LOGIN_BYTES], uint64_t now_ms);

/** Uses a code up. @return what it opens; UM_RIGHT_NONE: it is none, was used,
 * or is too old */
enum um_right um_sessions_redeem(struct um_sessions *s, const char *code,
                                 uint64_t now_ms);

/** Begins a session. @return valid until the next call on it */
const struct um_session *um_sessions_begin(
    struct um_sessions *s, enum um_right right,
    const unsigned char random[UM_SESSION_BYTES], uint64_t now_ms);

/** The session of that name that has not ended; NULL: there is none. Valid
 * until the next call on it. */
const struct um_session *um_sessions_find(const struct um_sessions *s,
                                          const char *id, uint64_t now_ms);

/** Ends one of them. */
void um_sessions_end(struct um_sessions *s, const struct um_session *one);

#endif
