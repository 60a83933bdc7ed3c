/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One table; what is not in it is plain P2P_EIO. */
#include "uv/errors.h"

#include <uv.h>

#include "base/types.h"

int p2p__uv_err(int status)
{
    static const struct {
        int uv;
        int p2p;
    } table[] = {
        {UV_ENOMEM, P2P_ENOMEM},          {UV_ECONNREFUSED, P2P_EREFUSED},
        {UV_EHOSTUNREACH, P2P_EUNREACH},  {UV_ENETUNREACH, P2P_EUNREACH},
        {UV_EADDRNOTAVAIL, P2P_EUNREACH}, {UV_ETIMEDOUT, P2P_ETIMEDOUT},
        {UV_EADDRINUSE, P2P_EADDRINUSE},  {UV_EACCES, P2P_EACCES},
        {UV_EPERM, P2P_EACCES},           {UV_ECONNRESET, P2P_ERESET},
        {UV_EPIPE, P2P_ERESET},           {UV_EOF, P2P_ECLOSED},
        {UV_ECANCELED, P2P_ECANCELED},    {UV_EMFILE, P2P_ELIMIT},
        {UV_ENFILE, P2P_ELIMIT},          {UV_EAI_NONAME, P2P_ENOTFOUND},
        {UV_EAI_NODATA, P2P_ENOTFOUND},   {UV_EAI_AGAIN, P2P_ETIMEDOUT},
        {UV_EINVAL, P2P_EINVAL},          {UV_EAFNOSUPPORT, P2P_ENOTSUP},
    };

    if (status >= 0) {
        return 0;
    }
    for (size_t i = 0; i < P2P__COUNT(table); i++) {
        if (table[i].uv == status) {
            return table[i].p2p;
        }
    }
    return P2P_EIO;
}
