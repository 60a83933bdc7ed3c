# SPDX-License-Identifier: MIT OR Apache-2.0
"""The cryptography that an attacker needs, from the libraries that the node is
linked with: libsodium for Noise, libcrypto for the first packets of QUIC."""

import ctypes
import hashlib
import hmac
import os

_sodium = ctypes.CDLL("libsodium.so.23")
_crypto = ctypes.CDLL("libcrypto.so.3")
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm", "EVP_aes_128_ecb"):
    getattr(_crypto, _name).restype = ctypes.c_void_p
_GCM_GET_TAG = 0x10


def hmac256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def x25519(secret, point):
    out = ctypes.create_string_buffer(32)
    assert _sodium.crypto_scalarmult(out, secret, point) == 0
    return out.raw


def x25519_pair():
    """A new secret and its public key."""
    secret, public = os.urandom(32), ctypes.create_string_buffer(32)
    _sodium.crypto_scalarmult_base(public, secret)
    return secret, public.raw


def ed25519_pair():
    """A new secret key and its public one."""
    public = ctypes.create_string_buffer(32)
    secret = ctypes.create_string_buffer(64)
    _sodium.crypto_sign_keypair(public, secret)
    return secret.raw, public.raw


def ed25519_sign(secret, text):
    out = ctypes.create_string_buffer(64)
    _sodium.crypto_sign_detached(out, None, text,
                                 ctypes.c_ulonglong(len(text)), secret)
    return out.raw


def chacha(name, key, n, ad, text):
    """One AEAD of Noise: `name` is encrypt or decrypt; the nonce is a
    number."""
    out = ctypes.create_string_buffer(len(text) + 16)
    size = ctypes.c_ulonglong()
    call = getattr(_sodium, f"crypto_aead_chacha20poly1305_ietf_{name}")
    nonce = bytes(4) + n.to_bytes(8, "little")
    if name == "encrypt":
        call(out, ctypes.byref(size), text, ctypes.c_ulonglong(len(text)), ad,
             ctypes.c_ulonglong(len(ad)), None, nonce, key)
    elif call(out, ctypes.byref(size), None, text,
              ctypes.c_ulonglong(len(text)), ad,
              ctypes.c_ulonglong(len(ad)), nonce, key) != 0:
        raise ValueError("this was not sealed with that key")
    return out.raw[:size.value]


class Aes:
    """AES-128 as the first packets of QUIC use it."""

    def __init__(self):
        self.ctx = ctypes.c_void_p(_crypto.EVP_CIPHER_CTX_new())

    def _run(self, kind, key, iv, ad, text, tag):
        kind = ctypes.c_void_p(kind)
        out = ctypes.create_string_buffer(len(text) + 32)
        size = ctypes.c_int()
        _crypto.EVP_EncryptInit_ex(self.ctx, kind, None, key, iv)
        if ad:
            _crypto.EVP_EncryptUpdate(self.ctx, None, ctypes.byref(size), ad,
                                      len(ad))
        _crypto.EVP_EncryptUpdate(self.ctx, out, ctypes.byref(size), text,
                                  len(text))
        sealed = out.raw[:size.value]
        if tag:
            _crypto.EVP_EncryptFinal_ex(self.ctx, out, ctypes.byref(size))
            _crypto.EVP_CIPHER_CTX_ctrl(self.ctx, _GCM_GET_TAG, 16, out)
            sealed += out.raw[:16]
        return sealed

    def block(self, key, text):
        """One block, for the mask of a header."""
        return self._run(_crypto.EVP_aes_128_ecb(), key, None, b"", text,
                         False)[:16]

    def gcm(self, key, iv, ad, text):
        """Text sealed, with its tag. GCM counts: sealing text that is sealed
        opens it, if the tag does not matter."""
        return self._run(_crypto.EVP_aes_128_gcm(), key, iv, ad, text, True)
