/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See history.h. */
#include "cli/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <yyjson.h>

#include "cli/body.h"
#include "cli/change.h"
#include "cli/path.h"

void um_cli_revision_path(struct um_buf *path, const char *rev,
                          const char *behind)
{
    um_buf_text(path, "/mesh/revisions");
    um_cli_path_segment(path, rev);
    um_buf_text(path, behind);
}

const char *um_cli_author(yyjson_val *revision, char buf[UM_CLI_TEXT])
{
    char id[UM_CLI_TEXT];

    if (um_cli_text(revision, "author", buf)[0] == '\0') {
        (void)um_cli_short(um_cli_text(revision, "by", id), buf);
    }
    return buf;
}

static void print_field(const char *name, yyjson_val *obj, const char *key)
{
    char buf[UM_CLI_TEXT];

    if (um_cli_text(obj, key, buf)[0] != '\0') {
        (void)printf("%-9s %s\n", name, buf);
    }
}

static void print_time(const char *name, uint64_t wall_ms)
{
    time_t s = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[40];

    if (wall_ms > 0 && localtime_r(&s, &tm) != NULL &&
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm) > 0) {
        (void)printf("%-9s %s\n", name, text);
    }
}

void um_cli_print_revision(yyjson_val *v)
{
    char buf[UM_CLI_TEXT];

    (void)printf("%-9s %s%s\n", "revision", um_cli_text(v, "revision", buf),
                 um_cli_true(v, "current") ? " (current)" : "");
    print_field("id", v, "id");
    print_field("state", v, "state");
    print_field("policy", v, "policy");
    (void)printf("%-9s %s\n", "by", um_cli_author(v, buf));
    print_time("at", um_cli_number(v, "wall_ms"));
    print_time("ends", um_cli_number(v, "ends_ms"));
    (void)printf("%-9s %s\n", "from",
                 um_cli_list(yyjson_obj_get(v, "parents"), buf));
    (void)printf("%-9s %s, %" PRIu64 " bytes\n", "document",
                 um_cli_text(v, "document", buf),
                 um_cli_number(v, "document_bytes"));
    print_field("message", v, "message");
}

int um_cli_act(const struct um_cli *c, const char *part, const char *rev,
               const char *verb)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_cli_body b;
    struct um_str body;
    int code = UM_EXIT_ERROR;

    um_cli_body_init(&b);
    um_cli_body_text(&b, "message", um_cli_opt(c, UM_OPT_MESSAGE));
    body = um_cli_body_end(&b);
    um_buf_text(&path, part);
    um_cli_path_segment(&path, rev);
    um_buf_text(&path, verb);
    if (body.p != NULL) {
        code = um_cli_change(c, "POST", &path, body);
    }
    um_buf_fini(&path);
    um_cli_body_fini(&b);
    return code;
}
