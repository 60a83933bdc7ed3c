/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The stand-in on libuv: its control API on a socket, its listeners, and the
 * machine's files.
 */
#ifndef UM_STANDIN_UV_H
#define UM_STANDIN_UV_H

#include <uv.h>

#include "mesh/standin/standin.h"

/** Connections, control and listeners; one more is closed. */
#define UM__CAP_STANDIN_LINKS 2048U

enum {
    UM_STANDIN_UV_CONTROL_MAX = 160, /**< bytes of a control address */
};

/** How a stand-in on libuv is made. */
struct um_standin_uv_cfg {
    enum um_standin_flavour flavour;
    bool njs;
    const char *modules_json; /**< as /status/modules shows; NULL: none */
    const char *control;      /**< "unix:PATH" or "ADDR:PORT", port 0: any */
    const char *state;        /**< the state folder */
    const char *root;         /**< where paths of configurations begin, NULL */
    const char *any;          /**< where *:PORT listens; NULL: everywhere */
    struct um_standin_faults faults;
    /** As in struct um_standin_cfg. */
    void (*asked)(void *user, const char *method, struct um_str path,
                  struct um_str body);
    void *asked_user;
};

struct um_standin_uv;

/**
 * Makes a stand-in that serves on a loop.
 * @param out owned by the caller; ends with um_standin_uv_close
 * @return 0; P2P_EINVAL: no such control address; P2P_EADDRINUSE and others
 *         of its socket; P2P_EFORMAT: modules that are none; P2P_EIO: no state
 *         folder
 */
int um_standin_uv_new(uv_loop_t *loop, const struct um_standin_uv_cfg *cfg,
                      struct um_standin_uv **out);

/**
 * Closes all sockets; frees everything while the loop runs on.
 * @param closed called when that is done, may be NULL
 */
void um_standin_uv_close(struct um_standin_uv *u, void (*closed)(void *arg),
                         void *arg);

/** The stand-in itself, for its faults; valid until um_standin_uv_close. */
struct um_standin *um_standin_uv_core(struct um_standin_uv *u);

/** Restarts it (um_standin_restart), all connections are closed. */
void um_standin_uv_restart(struct um_standin_uv *u,
                           enum um_standin_restart how);

/** Where the control API listens, with the port that the system chose. */
const char *um_standin_uv_control(const struct um_standin_uv *u);

#endif
