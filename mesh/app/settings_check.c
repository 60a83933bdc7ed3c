/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See settings_check.h. */
#include "mesh/app/settings_check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/policyfile.h"
#include "mesh/app/token.h"
#include "p2p/err.h"

/* What nobody gave, but was found from the rest. */
static const char *found(const struct um_settings *s, enum um_setting which,
                         size_t i)
{
    switch (which) {
        case UM_SETTING_LISTEN:
            return i < s->n_listen ? s->listen[i] : NULL;
        case UM_SETTING_REST:
            return i == 0 ? s->rest : NULL;
        case UM_SETTING_STATE:
            return i == 0 ? s->state : NULL;
        case UM_SETTING_CONTROL:
            return i == 0 ? s->control : NULL;
        case UM_SETTING_SETTINGS:
            return i == 0 ? s->given.file : NULL;
        default:
            return i == 0 ? um_setting_rows[which].otherwise : NULL;
    }
}

const char *um_settings_value(const struct um_settings *s,
                              enum um_setting which, size_t i)
{
    const struct um_given_row *row = &s->given.rows[which];

    if (row->n == 0) {
        return found(s, which, i);
    }
    return i < row->n ? row->values[i] : NULL;
}

const char *um_settings_origin(const struct um_settings *s,
                               enum um_setting which, size_t i,
                               char out[UM_SETTINGS_ORIGIN])
{
    const struct um_given_row *row = &s->given.rows[which];

    switch (row->by) {
        case UM_GIVEN_FILE:
            (void)snprintf(out, UM_SETTINGS_ORIGIN, "%s:%u", s->given.file,
                           row->lines[i]);
            break;
        case UM_GIVEN_VARIABLE:
            (void)um_setting_variable(which, out);
            break;
        case UM_GIVEN_FLAG:
            (void)snprintf(out, UM_SETTINGS_ORIGIN, "flag");
            break;
        case UM_GIVEN_NOBODY:
            (void)snprintf(out, UM_SETTINGS_ORIGIN, "default");
            break;
    }
    return out;
}

static void on_line(void *user, enum um_log_level level, const char *line)
{
    (void)level;
    um_given_tell(user, line);
}

/* Keys and tokens in the state folder are their owner's alone. */
static void check_secrets(struct um_settings *s)
{
    static const char *const names[] = {
        "node.key", "node.key.next", "node.key.old", "owner.key", "rest.token"};
    char path[sizeof s->state + 32], line[sizeof path + 80];
    struct stat st;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", s->state, names[i]);
        if (stat(path, &st) == 0 && (st.st_mode & 077) != 0) {
            (void)snprintf(line, sizeof line,
                           "%s: others may read it (mode %04o): chmod 600",
                           path, (unsigned)(st.st_mode & 07777));
            um_given_tell(&s->given, line);
        }
    }
}

static void check_token(struct um_settings *s, enum um_setting which,
                        const char *path)
{
    char token[UM_TOKEN_CHARS + 1];
    const char *why = um_token_read(path, token);

    explicit_bzero(token, sizeof token);
    if (why != NULL) {
        um_given_wrong(&s->given, which, 0, why);
    }
}

static void check_policy(struct um_settings *s)
{
    const struct um_log log = {
        .level = UM_LOG_ERROR, .user = &s->given, .sink = on_line};
    struct um_policy_file policy;

    if (s->policy == NULL && access(s->state, X_OK) != 0) {
        return;
    }
    (void)um_policy_file_read(&policy, s->state, s->policy, &log);
    um_policy_file_fini(&policy);
}

int um_settings_check(struct um_settings *s)
{
    check_secrets(s);
    check_token(s, UM_SETTING_METRICS_TOKEN, s->metrics_token);
    check_token(s, UM_SETTING_READ_TOKEN, s->read_token);
    check_policy(s);
    return s->given.wrong == 0 ? 0 : 2;
}
