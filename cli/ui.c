/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The page: a link that logs in there, printed or opened. A browser is given
 * the name of a file that leads to the link, since anybody may read what
 * programs are called with.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "cli/answer.h"

#define BROWSER "xdg-open"

/* A file of nobody else's; -1 and errno. */
static int make_file(char *path, size_t cap)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");

    if (dir != NULL && dir[0] == '/') { /* it goes when the user logs out */
        (void)snprintf(path, cap, "%s/unitmesh-ui.html", dir);
        (void)unlink(path);
        return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
    }
    (void)snprintf(path, cap, "/tmp/unitmesh-ui-XXXXXX.html");
    return mkostemps(path, 5, O_CLOEXEC);
}

/* Starts the browser, and does not wait for it. 0, or why not, as errno. */
static int start(const char *path)
{
    int ends[2], why = 0;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    pid = fork();
    if (pid == 0) { /* its end closes when the program runs */
        (void)execlp(BROWSER, BROWSER, path, (char *)NULL);
        why = errno;
        _exit(write(ends[1], &why, sizeof why) < 0);
    }
    (void)close(ends[1]);
    if (pid < 0 || read(ends[0], &why, sizeof why) < 0) {
        why = errno;
    }
    (void)close(ends[0]);
    return why;
}

/* 0, or -1 after it was said why not. */
static int open_link(const char *url)
{
    char path[512];
    int fd = make_file(path, sizeof path);
    int rv = fd < 0 ? errno : 0;

    if (fd >= 0) {
        rv = dprintf(fd,
                     "<!doctype html><meta charset=\"utf-8\">"
                     "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n",
                     url) > 0
                 ? start(path)
                 : errno;
        (void)close(fd);
    }
    if (rv != 0) {
        (void)fprintf(stderr,
                      "unitmesh ui: %s: %s; the link above is good in any "
                      "browser of this machine\n",
                      fd < 0 ? path : BROWSER, strerror(rv));
    }
    return rv == 0 ? 0 : -1;
}

static int ui(struct um_cli *c)
{
    bool reads = um_cli_opt(c, UM_OPT_READ_ONLY) != NULL;
    struct um_request r = {
        .method = "POST",
        .path = "/mesh/logins",
        .body = reads ? UM_STR("{\"read_only\":true}") : UM_STR("{}")};
    int code;
    yyjson_doc *doc = um_cli_ask(c, &r, &code);
    yyjson_val *root = yyjson_doc_get_root(doc);
    char url[UM_CLI_TEXT];

    if (doc != NULL) {
        (void)puts(um_cli_text(root, "url", url));
        (void)fflush(stdout);
        (void)fprintf(stderr,
                      "It logs in once, within %" PRIu64 " minutes, %s.\n",
                      um_cli_number(root, "expires_ms") / 60000,
                      reads ? "to look and change nothing"
                            : "to do all: keep it to yourself");
        if (um_cli_opt(c, UM_OPT_OPEN) != NULL && open_link(url) != 0) {
            code = UM_EXIT_ERROR;
        }
        yyjson_doc_free(doc);
    }
    um_request_free(&r);
    return code;
}

static const struct um_cli_verb ui_verbs[] = {
    {NULL, "",
     "Prints a link that logs in at this node's page, for a browser of this "
     "machine.",
     UM_BIT(UM_OPT_READ_ONLY) | UM_BIT(UM_OPT_OPEN), ui},
};

const struct um_cli_command um_cli_ui[] = {
    UM_CLI_COMMAND("ui", "a link to this node's page", ui_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
