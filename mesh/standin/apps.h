/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Could an application start? A look at what its configuration names: users,
 * folders, files. A program that is there and broken is not found out.
 */
#ifndef UM_STANDIN_APPS_H
#define UM_STANDIN_APPS_H

#include "mesh/standin/standin.h"

/** What there is on a machine. */
struct um_sapps_view {
    void *ctx;
    /** Is there a file of that path, or with folder set a folder? */
    bool (*exists)(void *ctx, struct um_str path, bool folder);
    bool (*is_user)(void *ctx, struct um_str name);
    bool (*is_group)(void *ctx, struct um_str name);
};

/** True if nothing that the application needs is missing. */
bool um_sapps_can_start(const struct um_sapps_view *view,
                        const struct um_standin_app *app);

#endif
