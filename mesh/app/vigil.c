/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A timer of the loop, twice as often as the watchdog wants to hear of it, and
 * at least every ten seconds: it stands still when the loop does. What could
 * not be told is told with the next one.
 */
#include "mesh/app/vigil.h"

#include <stdio.h>
#include <string.h>

/* How old what is said of it gets. */
#define STATUS_MS 10000U

static void say(struct um_vigil *v)
{
    char text[UM_VIGIL_TEXT] = "", lines[UM_VIGIL_TEXT + 40];
    const char *watchdog = v->notify.watchdog_ms > 0 ? "WATCHDOG=1\n" : "";
    bool same;

    v->tell(v->user, text);
    same = v->ready && strcmp(text, v->said) == 0;
    (void)snprintf(lines, sizeof lines, "%s%s%s%s", v->ready ? "" : "READY=1\n",
                   watchdog, same ? "" : "STATUS=", same ? "" : text);
    if (lines[0] != '\0' && um_notify_say(&v->notify, lines)) {
        v->ready = true;
        memcpy(v->said, text, sizeof text);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct um_vigil *v = timer->data;

    if (!v->ending) {
        say(v);
    }
}

int um_vigil_start(struct um_vigil *v, uv_loop_t *loop,
                   void (*tell)(void *user, char text[UM_VIGIL_TEXT]),
                   void *user)
{
    uint64_t every = v->notify.watchdog_ms / 2;

    if (v->notify.to.fd < 0) {
        return 0;
    }
    every = every == 0 || every > STATUS_MS ? STATUS_MS : every;
    v->tell = tell;
    v->user = user;
    if (uv_timer_init(loop, &v->timer) != 0) {
        return -1;
    }
    v->runs = true;
    v->timer.data = v;
    say(v);
    return uv_timer_start(&v->timer, on_timer, every, every) == 0 ? 0 : -1;
}

void um_vigil_ending(struct um_vigil *v)
{
    if (!v->ending && v->notify.to.fd >= 0) {
        v->ending = true;
        (void)um_notify_say(&v->notify, "STOPPING=1\nSTATUS=ending");
    }
}

void um_vigil_stop(struct um_vigil *v)
{
    if (v->runs) {
        v->runs = false;
        uv_close((uv_handle_t *)&v->timer, NULL);
    }
    um_notify_close(&v->notify);
}
