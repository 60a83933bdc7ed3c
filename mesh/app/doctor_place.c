/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See doctor.h: what speaks of this machine. Files are looked at by name, as
 * they are now. */
#include <errno.h>
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

/* Who is to have a file of the folder, and who may come near it. */
struct place {
    const char *name; /* "." is the folder */
    uid_t owner;
    unsigned closed; /* bits that its mode must not have */
    unsigned mode;   /* what it is to be */
};

/* Whether it is so, or what mends it. */
static void look_at_rights(struct um_doctor *o, const struct place *p)
{
    const char *state = o->d->settings.state;
    char text[LINE_BYTES], mend[LINE_BYTES], path[600];
    struct stat st;

    if (fstatat(o->d->state.dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return;
    }
    if (strcmp(p->name, ".") == 0) {
        (void)snprintf(path, sizeof path, "%s", state);
    } else {
        (void)snprintf(path, sizeof path, "%s/%s", state, p->name);
    }
    if ((st.st_mode & p->closed) != 0) {
        (void)snprintf(text, sizeof text, "%s is open to others.", path);
        (void)snprintf(mend, sizeof mend, "chmod %o %s", p->mode, path);
        find(o, UM_AILMENT, "rights", mend, text);
    }
    if (st.st_uid != p->owner) {
        (void)snprintf(text, sizeof text, "%s is another user's.", path);
        (void)snprintf(mend, sizeof mend, "chown %u %s", (unsigned)p->owner,
                       path);
        find(o, UM_AILMENT, "rights", mend, text);
    }
}

/* As um_premises_part() leaves them: where this process became another user
 * the folder is root's, and so are the keys, which the applier holds. */
static void look_at_folder(struct um_doctor *o)
{
    uid_t me = geteuid();
    bool shared = o->d->confined.changed;
    uid_t keys = shared && o->d->partner != NULL ? 0 : me;
    const struct place all[] = {
        {".", shared ? 0 : me, shared ? 07U : 077U, shared ? 01770U : 0700U},
        {"node.key", keys, 077, 0600},
        {"owner.key", keys, 077, 0600},
        {"mesh.db", me, 077, 0600},
        {"rest.token", me, 077, 0600},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        look_at_rights(o, &all[i]);
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

/* Why Unit does not answer at a unix socket, as it is now: each cause has words
 * of its own. false: it is none of these. */
static bool say_socket(struct um_doctor *o, const char *path, const char *why)
{
    bool denied = strcasestr(why, "denied") != NULL ||
                  strcasestr(why, "permitted") != NULL;
    char text[LINE_BYTES], mend[LINE_BYTES];
    struct stat st;

    if (!denied && access(path, F_OK) != 0 && errno == ENOENT) {
        (void)snprintf(text, sizeof text,
                       "Unit is not there: it has no socket at %s.", path);
        (void)snprintf(mend, sizeof mend,
                       "systemctl start unit; where it is elsewhere: unitmesh "
                       "run --unit unix:PATH");
    } else if (denied && stat(path, &st) == 0) {
        (void)snprintf(text, sizeof text,
                       "This daemon may not use Unit's socket %s: it is of "
                       "user %u and group %u with mode %o, and this is user "
                       "%u.",
                       path, (unsigned)st.st_uid, (unsigned)st.st_gid,
                       (unsigned)st.st_mode & 0777U, (unsigned)geteuid());
        (void)snprintf(mend, sizeof mend,
                       "run unitmesh as the user of that socket, or in two "
                       "services: see unitmesh applier --help");
    } else if (strcasestr(why, "refused") != NULL) {
        (void)snprintf(text, sizeof text,
                       "Unit has ended, and left its socket at %s.", path);
        (void)snprintf(mend, sizeof mend,
                       "systemctl start unit; why it ended is in its log: "
                       "journalctl -u unit");
    } else {
        return false;
    }
    find(o, UM_AILMENT, "unit", mend, text);
    return true;
}

/* It is asked by who may: whatever it says of that. */
static void say_absent(struct um_doctor *o, const char *target, const char *why)
{
    char text[LINE_BYTES];

    if (strncmp(target, "unix:", 5) == 0 && say_socket(o, target + 5, why)) {
        return;
    }
    (void)snprintf(text, sizeof text, "Unit does not answer at %s%s%s.", target,
                   why[0] != '\0' ? ": " : "", why);
    find(o, UM_AILMENT, "unit",
         "look at its log: journalctl -u unit; if it hangs: systemctl restart "
         "unit",
         text);
}

static void look_at_unit(struct um_doctor *o)
{
    const struct um_daemon *d = o->d;
    const char *why =
        d->mesh.node != NULL ? um_node_absent(d->mesh.node) : NULL;

    if (d->unit_awaited && d->mesh.node == NULL &&
        access(d->unit_target + 5, F_OK) != 0) {
        find(o, UM_AILMENT, "unit",
             "systemctl start unit; where it is elsewhere: unitmesh run --unit "
             "unix:PATH",
             "No Unit was found at the usual places.");
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
