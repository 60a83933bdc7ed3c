/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names and texts of the error codes, both from the one table in err.h. */
#include "p2p/err.h"

const char *p2p_err_text(int err)
{
    switch (err) {
        case P2P_OK:
            return "success";
#define TEXT(name, value, text) \
    case P2P_##name:            \
        return text;
            P2P_ERR_MAP(TEXT)
#undef TEXT
        default:
            return "unknown error";
    }
}

const char *p2p_err_name(int err)
{
    switch (err) {
        case P2P_OK:
            return "P2P_OK";
#define NAME(name, value, text) \
    case P2P_##name:            \
        return "P2P_" #name;
            P2P_ERR_MAP(NAME)
#undef NAME
        default:
            return "P2P_E?";
    }
}
