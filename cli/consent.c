/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See consent.h. What is no clear yes is a no. */
#include "cli/consent.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "cli/history.h"
#include "cli/path.h"
#include "cli/style.h"

bool um_cli_attended(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

bool um_cli_asks(const struct um_cli *c)
{
    return um_cli_opt(c, UM_OPT_YES) == NULL &&
           um_cli_opt(c, UM_OPT_DRY_RUN) == NULL &&
           um_cli_opt(c, UM_OPT_TO_SIGN) == NULL && um_cli_attended();
}

char um_cli_question(const char *text, const char *letters, char other)
{
    char line[64];
    int first;

    (void)fflush(stdout);
    (void)fprintf(stderr, "%s [", text);
    for (const char *l = letters; *l != '\0'; l++) {
        (void)fprintf(stderr, "%s%c", l > letters ? "/" : "",
                      *l == other ? toupper(*l) : *l);
    }
    (void)fputs("] ", stderr);
    if (fgets(line, sizeof line, stdin) == NULL) {
        (void)fputc('\n', stderr);
        return other;
    }
    first = tolower((unsigned char)line[strspn(line, " \t")]);
    return first > ' ' && strchr(letters, first) != NULL ? (char)first : other;
}

int um_cli_consent(const struct um_cli *c, const char *text)
{
    if (!um_cli_asks(c)) {
        return UM_EXIT_DONE;
    }
    if (text != NULL) {
        (void)fprintf(stderr, "%s\n", text);
    }
    if (um_cli_question("Go on?", "yn", 'n') == 'y') {
        return UM_EXIT_DONE;
    }
    (void)fputs("Nothing is changed.\n", stderr);
    return UM_EXIT_ERROR;
}

static void print_change(FILE *out, const char *line)
{
    enum um_style style = !um_style_colours(out) ? UM_STYLE_PLAIN
                          : line[0] == '+'       ? UM_STYLE_GOOD
                          : line[0] == '-'       ? UM_STYLE_BAD
                          : line[0] == '~'       ? UM_STYLE_CARE
                                                 : UM_STYLE_PLAIN;

    (void)fprintf(out, "%s%s%s\n", um_style_begin(style), line,
                  um_style_end(style));
}

size_t um_cli_changes(FILE *out, yyjson_val *root)
{
    yyjson_val *line;
    char buf[UM_CLI_TEXT];
    size_t i, n;

    yyjson_arr_foreach(yyjson_obj_get(root, "changes"), i, n, line)
    {
        print_change(out, um_cli_shown(line, buf));
    }
    return yyjson_arr_size(yyjson_obj_get(root, "changes"));
}

int um_cli_consent_changes(const struct um_cli *c, yyjson_val *root,
                           const char *against)
{
    size_t n = um_cli_changes(stderr, root);
    char text[128];

    um_cli_warnings(root);
    if (n == 0) { /* which the daemon says, too */
        return UM_EXIT_DONE;
    }
    (void)snprintf(text, sizeof text, "\n%zu change%s to %s.", n,
                   n == 1 ? "" : "s", against);
    return um_cli_consent(c, text);
}

int um_cli_consent_diff(const struct um_cli *c, const char *from,
                        const char *to)
{
    struct um_buf path = UM_BUF_INIT;
    yyjson_doc *doc;
    char text[160];
    int code;

    if (!um_cli_asks(c)) {
        return UM_EXIT_DONE;
    }
    um_cli_revision_path(&path, to, "/diff");
    um_cli_path_query(&path, "from", from);
    doc = um_cli_value(c, um_cli_path_end(&path), &code);
    if (doc != NULL && yyjson_arr_size(yyjson_obj_get(yyjson_doc_get_root(doc),
                                                      "changes")) == 0) {
        (void)snprintf(text, sizeof text, "%.60s has the document of %.60s.",
                       to, from);
        code = um_cli_consent(c, text);
    } else if (doc != NULL) {
        code = um_cli_consent_changes(c, yyjson_doc_get_root(doc), from);
    }
    yyjson_doc_free(doc);
    um_buf_fini(&path);
    return code;
}
