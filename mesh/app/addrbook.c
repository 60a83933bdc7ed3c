/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See addrbook.h. It is not worth waiting for the disk: after a cut of the
 * power it may be empty. Failure mode: it cannot be written, and the next start
 * knows less. */
#include "mesh/app/addrbook.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mesh/app/daemon.h"

#define FILE_NAME "addresses"
#define NEW_NAME  "addresses.new"

void um_addrbook_read(struct um_daemon *d)
{
    int fd = openat(d->state.dir, FILE_NAME,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
    char line[P2P_MULTIADDR_TEXT_MAX];

    if (f == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    for (size_t i = 0;
         i < UM_ADDRBOOK_LINES && fgets(line, sizeof line, f) != NULL; i++) {
        line[strcspn(line, "\n")] = '\0';
        um_bus_recall(d->bus, line);
    }
    (void)fclose(f);
}

static void each(void *user, const char *addr)
{
    um_buf_str(user, um_str(addr));
    um_buf_str(user, UM_STR("\n"));
}

/* Whole, or the old one stays. */
static bool replace(int dir, struct um_str text)
{
    int fd =
        openat(dir, NEW_NAME,
               O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.p, text.len) == (ssize_t)text.len;

    if (fd < 0) {
        return false;
    }
    ok = close(fd) == 0 && ok && renameat(dir, NEW_NAME, dir, FILE_NAME) == 0;
    if (!ok) {
        (void)unlinkat(dir, NEW_NAME, 0);
    }
    return ok;
}

/* Without a node there is no roster, and nobody known to be a member. */
static void save(struct um_daemon *d)
{
    struct um_buf text = UM_BUF_INIT;
    struct um_str all;

    if (d->bus == NULL || d->mesh.node == NULL) {
        return;
    }
    um_bus_known(d->bus, UM_ADDRBOOK_MEMBERS, each, &text);
    all = um_buf_view(&text);
    if (!um_buf_failed(&text) && !replace(d->state.dir, all)) {
        um_log_line(&d->log, UM_LOG_WARN,
                    "where members are cannot be written: the next start "
                    "looks for them");
    }
    um_buf_fini(&text);
}

static void on_alarm(void *arg)
{
    struct um_daemon *d = arg;

    d->addrbook.alarm = NULL;
    save(d);
}

void um_addrbook_later(struct um_daemon *d)
{
    const struct um_alarms *alarms = &d->loop.alarms;

    if (d->addrbook.alarm == NULL && !d->addrbook.ended) {
        d->addrbook.alarm =
            alarms->set(alarms->user, UM_ADDRBOOK_MS, on_alarm, d);
    }
}

/* Whether something waited to be written; it does no more. */
static bool stop_waiting(struct um_daemon *d)
{
    void *alarm = d->addrbook.alarm;

    d->addrbook.alarm = NULL;
    if (alarm != NULL) {
        d->loop.alarms.clear(d->loop.alarms.user, alarm);
    }
    return alarm != NULL;
}

void um_addrbook_forget(struct um_daemon *d)
{
    (void)stop_waiting(d);
    (void)unlinkat(d->state.dir, FILE_NAME, 0);
}

void um_addrbook_end(struct um_daemon *d)
{
    d->addrbook.ended = true;
    if (stop_waiting(d)) {
        save(d);
    }
}
