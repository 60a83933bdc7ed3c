/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file What a process gives up once it has what it needs: another user, no
 * capabilities, no core files, Landlock, a filter of system calls. What the
 * kernel or a container does not let us give up is one line in the log.
 */
#ifndef UM_APP_CONFINE_H
#define UM_APP_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/app/user.h"
#include "mesh/base/log.h"

/** The user whom the network's process becomes when nobody says another. */
#define UM_CONFINE_USER "unitmesh"

/** Bytes of um_confine_text(). */
#define UM_CONFINE_TEXT 192

/** How a process is held; what is false or 0 could not be had. */
struct um_confined {
    bool off;            /**< nothing was done: --no-confine */
    struct um_user user; /**< who it is now */
    bool changed;        /**< it was root, and is another user now */
    bool bare;           /**< no capability but those asked for */
    bool low_ports;      /**< which was asked for: ports below 1024 */
    bool no_new_privs;
    int landlock; /**< the version of its interface */
    bool seccomp;
};

/** What a process goes on needing. Texts are borrowed. */
struct um_confine_needs {
    const char *folder;       /**< all is done below it */
    const char *const *reads; /**< files and folders; NULL ones are skipped */
    size_t n_reads;
    const char *replaced; /**< a file that others put a new one in the place
                               of; its folder is read; or NULL */
    const char *const *sockets; /**< those that it binds; NULL ones too */
    size_t n_sockets;
    bool low_ports;    /**< binds ports below 1024 */
    bool any_file;     /**< reads all that its user may: the stand-in serves
                            files */
    bool any_tcp;      /**< the applier's: its Unit may be anywhere */
    uint16_t tcp_port; /**< the applier's: its Unit's port; 0: a socket */
};

/**
 * Whom the network's process becomes: the one who is named; else unitmesh, if
 * we are root, there is one, and this container lets us; else it stays who it
 * is, and the log says once what that means. Before the first thread: a child
 * tries it.
 * @param name borrows; NULL: nobody is named
 * @return 0, or -1: there is no such user, or we cannot become him
 */
int um_confine_choose(const char *name, struct um_user *out,
                      const struct um_log *log);

/**
 * Confines this process as the one that parses what the network says. Before
 * its first thread, for much of it is a thread's.
 * @return 0, or -1: it is not the user that um_confine_choose() chose
 */
int um_confine_network(const struct um_user *user,
                       const struct um_confine_needs *needs,
                       struct um_confined *out, const struct um_log *log);

/** The milder way for the applier, who stays who he is. Before its first
 * thread. */
void um_confine_applier(const struct um_confine_needs *needs,
                        struct um_confined *out, const struct um_log *log);

/** Says in words how a process is held: "user unitmesh (998), no
 * capabilities, Landlock 7, seccomp". */
void um_confine_text(const struct um_confined *c, char *out, size_t cap);

#endif
