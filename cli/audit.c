/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What was changed at this node, and what was tried, by whom and from where. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/path.h"
#include "cli/table.h"
#include "mesh/app/span.h"

/* When it was, on this machine's clock. */
static void when(yyjson_val *v, char buf[UM_CLI_TEXT])
{
    time_t s = (time_t)(um_cli_number(v, "number") / 1000);
    struct tm tm;

    if (localtime_r(&s, &tm) == NULL ||
        strftime(buf, UM_CLI_TEXT, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        buf[0] = '\0';
    }
}

/* A member's name, a user's of this machine, or an address. */
static const char *who(yyjson_val *v, char buf[UM_CLI_TEXT])
{
    yyjson_val *uid = yyjson_obj_get(v, "uid");
    const struct passwd *user =
        uid != NULL ? getpwuid((uid_t)yyjson_get_uint(uid)) : NULL;
    char text[UM_CLI_TEXT];

    if (user != NULL) {
        (void)snprintf(buf, UM_CLI_TEXT, "%s", user->pw_name);
    } else if (uid != NULL) {
        (void)snprintf(buf, UM_CLI_TEXT, "uid %" PRIu64, yyjson_get_uint(uid));
    } else if (um_cli_text(v, "name", buf)[0] == '\0' &&
               um_cli_text(v, "addr", buf)[0] == '\0') {
        if (um_cli_text(v, "signer", text)[0] == '\0') {
            (void)um_cli_text(v, "peer", text);
        }
        (void)um_cli_short(text, buf);
    }
    return buf;
}

static void show(const struct um_cli *c, yyjson_val *entries)
{
    char buf[UM_CLI_TEXT];
    struct um_table t;
    yyjson_val *v;
    size_t i, n;

    um_table_init(&t, "TIME|WHO|VIA|ACTION|ABOUT~|OUTCOME|MESSAGE~");
    yyjson_arr_foreach(entries, i, n, v)
    {
        when(v, buf);
        um_table_cell(&t, buf);
        um_table_cell(&t, who(v, buf));
        um_table_cell(&t, um_cli_text(v, "via", buf));
        um_table_cell(&t, um_cli_text(v, "action", buf));
        um_table_cell(&t, um_cli_text(v, "about", buf));
        um_table_cell(&t, um_cli_text(v, "outcome", buf));
        if (um_cli_text(v, "reason", buf)[0] == '\0') {
            (void)um_cli_text(v, "message", buf);
        }
        um_table_cell(&t, buf);
    }
    um_table_show(&t, c, "Nothing was noted.");
}

/* Behind which number: that, or the moment a span ago; a number is the time in
 * ms. */
static void since(const struct um_cli *c, char buf[32])
{
    const char *last = um_cli_opt(c, UM_OPT_LAST);
    uint64_t ms = 0, now = (uint64_t)time(NULL) * 1000;

    if (last != NULL && um_span_parse(last, &ms)) {
        (void)snprintf(buf, 32, "%" PRIu64, ms < now ? now - ms : 1);
    } else if (um_cli_opt(c, UM_OPT_SINCE) != NULL) {
        (void)snprintf(buf, 32, "%.20s", um_cli_opt(c, UM_OPT_SINCE));
    } else {
        buf[0] = '\0';
    }
}

static int audit(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    char behind[32];
    yyjson_doc *doc;
    int code;

    um_buf_text(&path, "/mesh/audit");
    since(c, behind);
    if (behind[0] != '\0') {
        um_cli_path_query(&path, "since", behind);
    }
    if (um_cli_opt(c, UM_OPT_LIMIT) != NULL) {
        um_cli_path_query(&path, "limit", um_cli_opt(c, UM_OPT_LIMIT));
    }
    doc = um_cli_get(c, um_cli_path_end(&path), &code);
    um_buf_fini(&path);
    if (doc == NULL) {
        return code;
    }
    show(c, yyjson_obj_get(yyjson_doc_get_root(doc), "entries"));
    if (um_cli_true(yyjson_doc_get_root(doc), "more")) {
        (void)fputs(behind[0] != '\0' ? "There are later ones: --limit N.\n"
                                      : "There are earlier ones: --limit N.\n",
                    stderr);
    }
    yyjson_doc_free(doc);
    return code;
}

static const struct um_cli_verb audit_verbs[] = {
    {NULL, "",
     "What was changed at this node, and what was tried and refused: who, "
     "from\n"
     "where, when; the last ones.",
     UM_BIT(UM_OPT_SINCE) | UM_BIT(UM_OPT_LAST) | UM_BIT(UM_OPT_LIMIT) |
         UM_BIT(UM_OPT_WATCH),
     audit},
};

const struct um_cli_command um_cli_audit[] = {
    UM_CLI_COMMAND("audit", "who changed what, and tried to", audit_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
