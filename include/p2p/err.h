/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Error codes of the library. A function that can fail returns 0 (or a count)
 * on success and one of these negative codes otherwise. Texts are made where
 * they are shown: p2p_err_text() and p2p_err_name().
 */
#ifndef P2P_ERR_H
#define P2P_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define P2P_API __attribute__((visibility("default")))
#else
#define P2P_API
#endif

/** All codes: X(name, value, text). Values are part of the ABI. */
#define P2P_ERR_MAP(X)                                       \
    X(ENOMEM, -1, "out of memory")                           \
    X(EINVAL, -2, "invalid argument")                        \
    X(EAGAIN, -3, "no room now, try again when writable")    \
    X(EPROTO, -4, "the peer broke the protocol")             \
    X(ELIMIT, -5, "a resource limit was reached")            \
    X(ETIMEDOUT, -6, "timed out")                            \
    X(ECLOSED, -7, "closed")                                 \
    X(ERESET, -8, "reset by the peer")                       \
    X(ENOTSUP, -9, "not supported")                          \
    X(ENOTFOUND, -10, "not found")                           \
    X(EEXIST, -11, "exists already")                         \
    X(EAUTH, -12, "authentication failed")                   \
    X(EPEER, -13, "the peer is not the one that was dialed") \
    X(EREFUSED, -14, "connection refused")                   \
    X(EUNREACH, -15, "no route to the peer")                 \
    X(ENOADDR, -16, "no address to dial")                    \
    X(ETOOBIG, -17, "too big")                               \
    X(EFORMAT, -18, "malformed data")                        \
    X(EIO, -19, "input/output error")                        \
    X(EACCES, -20, "permission denied")                      \
    X(EADDRINUSE, -21, "address in use")                     \
    X(ENOPROTO, -22, "no protocol in common")                \
    X(ECRYPTO, -23, "the crypto library failed")             \
    X(EGATED, -24, "refused by the connection gate")         \
    X(ESELF, -25, "that is this host itself")                \
    X(ESTATE, -26, "not possible in this state")             \
    X(ECANCELED, -27, "cancelled")                           \
    X(EDUP, -28, "seen already")                             \
    X(ELIMITED, -29, "the connection is limited by a relay") \
    X(EADDRGONE, -30, "our own address is gone")

/** The codes: P2P_ENOMEM and so on; 0 is success. */
enum p2p_err {
    P2P_OK = 0,
#define P2P_ERR_ENUM(name, value, text) P2P_##name = (value),
    P2P_ERR_MAP(P2P_ERR_ENUM)
#undef P2P_ERR_ENUM
};

/**
 * The text of an error code, in English, without a full stop.
 * @param err a code that a p2p function returned
 * @return a constant string, never NULL
 */
P2P_API const char *p2p_err_text(int err);

/**
 * The name of an error code, for instance "P2P_EAGAIN".
 * @param err a code that a p2p function returned
 * @return a constant string, never NULL
 */
P2P_API const char *p2p_err_name(int err);

#ifdef __cplusplus
}
#endif

#endif
