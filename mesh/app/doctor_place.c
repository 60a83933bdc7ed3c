/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See doctor.h: what speaks of this machine. Files are looked at by name, as
 * they are now. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "mesh/app/doctor.h"
#include "mesh/app/state.h"
#include "mesh/node/disk.h"

/* A disk with less room than both of these is nearly full. */
#define ROOM_BYTES   (256ULL << 20)
#define ROOM_PERCENT 5U

/* How long a look at all of a store is good for. */
#define VERIFIED_S (90 * 86400)

#define LINE_BYTES 900

static void find(struct um_doctor *o, enum um_ailment how, const char *what,
                 const char *mend, const char *text)
{
    um_doctor_find(o, how, what, mend, text);
}

/* Whether only we can read a file of the folder ("." is the folder). */
static void look_at_rights(struct um_doctor *o, const char *name,
                           const char *chmod)
{
    const char *state = o->d->settings.state;
    char text[LINE_BYTES], mend[LINE_BYTES];
    bool folder = strcmp(name, ".") == 0;
    struct stat st;

    if (fstatat(o->d->state.dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return;
    }
    if ((st.st_mode & 077) != 0) {
        (void)snprintf(text, sizeof text, "%s%s%s is open to others.", state,
                       folder ? "" : "/", folder ? "" : name);
        (void)snprintf(mend, sizeof mend, "chmod %s %s%s%s", chmod, state,
                       folder ? "" : "/", folder ? "" : name);
        find(o, UM_AILMENT, "rights", mend, text);
    }
    if (st.st_uid != geteuid()) {
        (void)snprintf(text, sizeof text, "%s%s%s is another user's.", state,
                       folder ? "" : "/", folder ? "" : name);
        (void)snprintf(mend, sizeof mend, "chown %u %s%s%s",
                       (unsigned)geteuid(), state, folder ? "" : "/",
                       folder ? "" : name);
        find(o, UM_AILMENT, "rights", mend, text);
    }
}

static void look_at_folder(struct um_doctor *o)
{
    static const char *const files[] = {"node.key", "owner.key", "mesh.db",
                                        "rest.token"};

    look_at_rights(o, ".", "700");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        look_at_rights(o, files[i], "600");
    }
}

static void look_at_disk(struct um_doctor *o)
{
    const char *trouble = o->d->mesh.node != NULL
                              ? um_disk_trouble(um_node_disk(o->d->mesh.node))
                              : NULL;
    char text[LINE_BYTES], mend[LINE_BYTES];
    struct statvfs fs;
    unsigned long long room;

    (void)snprintf(mend, sizeof mend, "df %s", o->d->settings.state);
    if (trouble != NULL) {
        (void)snprintf(text, sizeof text,
                       "Nothing can be written, and changes are refused: %s.",
                       trouble);
        find(o, UM_AILMENT, "disk", mend, text);
    }
    if (fstatvfs(o->d->state.dir, &fs) != 0 || trouble != NULL) {
        return;
    }
    room = (unsigned long long)fs.f_bavail * fs.f_frsize;
    if (room < ROOM_BYTES &&
        100ULL * fs.f_bavail < (unsigned long long)ROOM_PERCENT * fs.f_blocks) {
        (void)snprintf(text, sizeof text,
                       "The disk of %s is nearly full: %llu MiB are left.",
                       o->d->settings.state, room >> 20);
        find(o, UM_AILMENT, "disk", mend, text);
    }
}

static void look_at_store(struct um_doctor *o)
{
    int64_t at = um_state_verified(&o->d->state);

    if (o->d->mesh.node != NULL && at + VERIFIED_S < time(NULL)) {
        find(o, UM_ADVICE, "verified", "stop the daemon, then: unitmesh verify",
             at == 0 ? "What is on this disk was never looked through."
                     : "What is on this disk was not looked through for long.");
    }
}

/* It is asked by who may: whatever it says of that. */
static void say_absent(struct um_doctor *o, const char *target, const char *why)
{
    char text[LINE_BYTES], mend[LINE_BYTES];
    bool denied = strcasestr(why, "denied") != NULL ||
                  strcasestr(why, "permitted") != NULL;

    (void)snprintf(text, sizeof text, "Unit does not answer at %s%s%s.", target,
                   why[0] != '\0' ? ": " : "", why);
    (void)snprintf(mend, sizeof mend,
                   denied ? "run unitmesh as the user of that socket: ls -l %s"
                          : "systemctl start unit",
                   strncmp(target, "unix:", 5) == 0 ? target + 5 : target);
    find(o, UM_AILMENT, "unit", mend, text);
}

static void look_at_unit(struct um_doctor *o)
{
    const struct um_daemon *d = o->d;
    const char *none = d->settings.unit;
    const char *why =
        d->mesh.node != NULL ? um_node_absent(d->mesh.node) : NULL;

    if (d->unit_target[0] == '\0' &&
        (none == NULL || strcmp(none, "none") != 0)) {
        find(o, UM_AILMENT, "unit", "unitmesh run --unit unix:PATH",
             "No Unit was found when the daemon started.");
    } else if (why != NULL && d->unit_target[0] != '\0') {
        say_absent(o, d->unit_target, why);
    }
}

static void look_for_a_twin(struct um_doctor *o)
{
    const char *at = um_bus_twin(o->d->bus);
    char text[LINE_BYTES];

    if (at[0] != '\0') {
        (void)snprintf(text, sizeof text,
                       "The node at %.300s has this node's key: one's state "
                       "folder is a copy of the other's.",
                       at);
        find(o, UM_AILMENT, "twin",
             "stop one, remove its node.key, mesh.db and owner.key, and let it "
             "join anew",
             text);
    }
}

void um_doctor_place(struct um_doctor *o)
{
    look_at_folder(o);
    look_at_disk(o);
    look_at_store(o);
    look_at_unit(o);
    look_for_a_twin(o);
}
