/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: the file is read, its code asks to be let in as if a person had
 * typed it, and that is all. Failure modes: no file or nothing in it, which is
 * waited for, as whoever makes the code may do so later; a file that cannot be
 * read, or a code that nobody lets in: said, and tried again, ever more seldom,
 * for who would say yes may not have been there.
 */
#include "mesh/app/joinfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "mesh/app/daemon.h"

/* How soon it is looked again, and how seldom in the end. */
#define SOON_MS   1000U
#define SELDOM_MS 60000U

/* Longer than any code. */
#define TEXT_BYTES 4096

static void on_look(void *arg);

static void look_in(struct um_daemon *d, uint64_t ms)
{
    const struct um_alarms *a = &d->loop.alarms;

    if (!d->joinfile.over && d->joinfile.alarm == NULL) {
        d->joinfile.alarm = a->set(a->user, ms, on_look, d);
    }
}

/* Whoever may say yes is not asked over and over. */
static void look_later(struct um_daemon *d)
{
    uint64_t ms = d->joinfile.wait_ms;

    d->joinfile.wait_ms = ms * 2 < SELDOM_MS ? ms * 2 : SELDOM_MS;
    look_in(d, ms);
}

/* The code that is in the file, in `text`; it may be none. NULL: `why`. */
static const char *read_code(const char *path, char text[TEXT_BYTES],
                             const char **why)
{
    static const char blank[] = " \t\r\n";
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, TEXT_BYTES) : -1;
    int err = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    if (n < 0 || n == TEXT_BYTES) {
        *why = n < 0 ? strerror(err) : "is longer than a code";
        text[0] = '\0';
        return n < 0 && err == ENOENT ? text : NULL;
    }
    while (n > 0 && strchr(blank, text[n - 1]) != NULL) {
        n--;
    }
    text[n] = '\0';
    return text + strspn(text, blank);
}

static void on_joined(void *user, const struct um_mesh_outcome *o)
{
    struct um_daemon *d = user;

    if (d->joinfile.over) {
        return; /* the daemon is ending */
    }
    if (o->status >= 400) {
        um_log_line(&d->log, UM_LOG_WARN,
                    "the code in %s: %s; tried again in %" PRIu64 " s",
                    d->settings.join_file, o->text, d->joinfile.wait_ms / 1000);
        look_later(d);
        return;
    }
    um_log_line(&d->log, UM_LOG_INFO, "joined with the code in %s%s%s",
                d->settings.join_file, o->text[0] != '\0' ? ": " : "", o->text);
}

/* There is nothing yet, which is said once. */
static void wait_for_it(struct um_daemon *d)
{
    if (!d->joinfile.told) {
        d->joinfile.told = true;
        um_log_line(&d->log, UM_LOG_INFO, "waits for a join code in %s",
                    d->settings.join_file);
    }
    look_in(d, SOON_MS);
}

static void on_look(void *arg)
{
    struct um_daemon *d = arg;
    char text[TEXT_BYTES];
    const char *why = NULL, *code;

    d->joinfile.alarm = NULL;
    if (d->mesh.node != NULL) {
        return; /* somebody was faster */
    }
    if (d->mesh.asking != NULL) {
        look_in(d, SOON_MS);
        return;
    }
    code = read_code(d->settings.join_file, text, &why);
    if (code == NULL) {
        um_log_line(&d->log, UM_LOG_WARN, "--join-file %s: %s",
                    d->settings.join_file, why);
        look_later(d);
    } else if (code[0] == '\0') {
        wait_for_it(d);
    } else {
        um_mesh_join(d, um_str(code), NULL, on_joined, d);
    }
    explicit_bzero(text, sizeof text);
}

void um_joinfile_begin(struct um_daemon *d)
{
    if (d->settings.join_file != NULL && d->mesh.node == NULL) {
        d->joinfile.wait_ms = SOON_MS;
        look_in(d, 0);
    }
}

void um_joinfile_end(struct um_daemon *d)
{
    d->joinfile.over = true;
    d->loop.alarms.clear(d->loop.alarms.user, d->joinfile.alarm);
    d->joinfile.alarm = NULL;
}
