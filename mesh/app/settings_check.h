/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What holds of the settings, where it comes from, and what is wrong
 * with the files that they name. */
#ifndef UM_APP_SETTINGS_CHECK_H
#define UM_APP_SETTINGS_CHECK_H

#include "mesh/app/settings.h"
#include "mesh/base/buf.h"

/** Bytes of an origin. */
#define UM_SETTINGS_ORIGIN (UM_GIVEN_PATH + 16)

/** The i-th value of a setting; the first is what nobody gave, too, in words.
 * @return NULL: there are no more; else valid as long as `s` */
const char *um_settings_value(const struct um_settings *s,
                              enum um_setting which, size_t i);

/** Where the i-th value comes from: "default", a variable, "FILE:3". */
const char *um_settings_origin(const struct um_settings *s,
                               enum um_setting which, size_t i,
                               char out[UM_SETTINGS_ORIGIN]);

/** Looks at the files with secrets and the policy, and tells what is wrong with
 * them as with the settings. Those that we may not see are left out.
 * @return 0, or 2 if something is wrong with anything */
int um_settings_check(struct um_settings *s);

#endif
