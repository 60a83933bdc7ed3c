/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See session.h. A table each, looked through as a whole: how long that takes
 * does not tell where something was found. Nothing can fail. */
#include "mesh/rest/session.h"

#include <assert.h>
#include <string.h>

#include "mesh/rest/secret.h"

const struct um_login *um_sessions_invite(
    struct um_sessions *s, enum um_right right,
    const unsigned char random[UM_LOGIN_BYTES], uint64_t now_ms)
{
    struct um_login *l = &s->logins[0];

    assert(right > UM_RIGHT_NONE);
    for (size_t i = 1; i < UM__CAP_LOGINS; i++) {
        if (s->logins[i].until_ms < l->until_ms) {
            l = &s->logins[i]; /* a free one ends at 0 */
        }
    }
    um_secret_text(random, UM_LOGIN_BYTES, l->code);
    l->right = right;
    l->until_ms = now_ms + UM_LOGIN_MS;
    return l;
}

enum um_right um_sessions_redeem(struct um_sessions *s, const char *code,
                                 uint64_t now_ms)
{
    enum um_right right = UM_RIGHT_NONE;

    for (size_t i = 0; i < UM__CAP_LOGINS; i++) {
        struct um_login *l = &s->logins[i];

        if (um_secret_is(l->code, code)) {
            right = now_ms < l->until_ms ? l->right : UM_RIGHT_NONE;
            memset(l, 0, sizeof *l);
        }
    }
    return right;
}

const struct um_session *um_sessions_begin(
    struct um_sessions *s, enum um_right right,
    const unsigned char random[UM_SESSION_BYTES], uint64_t now_ms)
{
    struct um_session *new = &s->all[0];

    assert(right > UM_RIGHT_FIGURES);
    for (size_t i = 1; i < UM__CAP_SESSIONS; i++) {
        if (s->all[i].until_ms < new->until_ms) {
            new = &s->all[i];
        }
    }
    um_secret_text(random, UM_SESSION_BYTES / 2, new->id);
    um_secret_text(random + UM_SESSION_BYTES / 2, UM_SESSION_BYTES / 2,
                   new->csrf);
    new->right = right;
    new->until_ms = now_ms + UM_SESSION_MS;
    return new;
}

const struct um_session *um_sessions_find(const struct um_sessions *s,
                                          const char *id, uint64_t now_ms)
{
    const struct um_session *found = NULL;

    for (size_t i = 0; i < UM__CAP_SESSIONS; i++) {
        if (um_secret_is(s->all[i].id, id) && now_ms < s->all[i].until_ms) {
            found = &s->all[i];
        }
    }
    return found;
}

void um_sessions_end(struct um_sessions *s, const struct um_session *one)
{
    size_t i = (size_t)(one - s->all);

    assert(i < UM__CAP_SESSIONS);
    memset(&s->all[i], 0, sizeof s->all[i]);
}
