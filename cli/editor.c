/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See editor.h. Happy path: a file, the shell that runs the editor, its end.
 * While it runs, what is typed is its own: an interrupt does not end us.
 */
#include "cli/editor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/body.h"

#define SUFFIX ".json"

static int complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "unitmesh: %s: %s\n", what, why);
    return UM_EXIT_ERROR;
}

/* Writes it all and closes; errno says what was wrong. */
static bool fill(int fd, struct um_str text)
{
    FILE *f = fdopen(fd, "w");
    bool fine;

    if (f == NULL) {
        (void)close(fd);
        return false;
    }
    fine = fwrite(text.p, 1, text.len, f) == text.len;
    return fclose(f) == 0 && fine;
}

int um_editor_begin(struct um_editor *e, struct um_str text)
{
    const char *dir = getenv("TMPDIR");
    int fd, rv;

    (void)snprintf(e->file, sizeof e->file, "%.400s/unitmesh-XXXXXX" SUFFIX,
                   dir != NULL && *dir != '\0' ? dir : "/tmp");
    fd = mkstemps(e->file, sizeof SUFFIX - 1);
    if (fd >= 0 && fill(fd, text)) {
        return UM_EXIT_DONE;
    }
    rv = complain(e->file, strerror(errno));
    if (fd >= 0) {
        um_editor_drop(e);
    }
    return rv;
}

/* In the child: the shell splits the command, as its owner wrote it. */
static void become(const char *command, const char *file)
{
    static const char fallback[] =
        "command -v editor > /dev/null && exec editor \"$1\"\nexec vi \"$1\"";
    char line[1024];

    (void)snprintf(line, sizeof line, "%.1000s \"$1\"", command);
    (void)execl("/bin/sh", "sh", "-c", *command != '\0' ? line : fallback, "sh",
                file, (char *)NULL);
    _exit(127);
}

static const char *find_editor(void)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

    return visual != NULL && *visual != '\0'   ? visual
           : editor != NULL && *editor != '\0' ? editor
                                               : "";
}

/* Runs it to its end. */
static int wait_for(const char *command, const char *file)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction was_int, was_quit;
    int status = -1;
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        become(command, file);
    }
    (void)sigaction(SIGINT, &ignore, &was_int);
    (void)sigaction(SIGQUIT, &ignore, &was_quit);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)sigaction(SIGINT, &was_int, NULL);
    (void)sigaction(SIGQUIT, &was_quit, NULL);
    return status;
}

int um_editor_run(const struct um_editor *e, struct um_buf *out)
{
    const char *command = find_editor();
    int status = wait_for(command, e->file);
    int rv = UM_EXIT_DONE, read;

    if (status != 0) {
        rv = complain(*command != '\0' ? command : "the editor",
                      WIFEXITED(status) && WEXITSTATUS(status) == 127
                          ? "it does not run; $EDITOR names one"
                          : "it ended with an error");
    }
    um_buf_clear(out);
    read = um_cli_file(e->file, out);
    return rv != UM_EXIT_DONE ? rv : read;
}

void um_editor_drop(struct um_editor *e)
{
    if (e->file[0] != '\0') {
        (void)unlink(e->file);
    }
    e->file[0] = '\0';
}

void um_editor_keep(const struct um_editor *e)
{
    (void)fprintf(stderr, "The text is kept in %s\n", e->file);
}
