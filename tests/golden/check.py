#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: check.py            compares tests/golden/*.hex with what this makes
          check.py --write NAME…   writes files that are not there yet

A second implementation of docs/reference/formats.md, from the page alone and
with the standard library alone: protobuf, Ed25519 (RFC 8032), Bech32m (BIP
350), sealed boxes (X25519, XSalsa20, Poly1305). It makes every golden file
again and compares. Slow, and not for secrets.
"""
import hashlib
import hmac
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
P = 2 ** 255 - 19
Q = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
T0 = 1764000000000


# ---- Ed25519 and X25519

def sha256(data):
    return hashlib.sha256(data).digest()


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p = add(p, p)
        n >>= 1
    return q


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


BASE = base_point()


def packed(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, 'little')


def clamp(raw):
    n = int.from_bytes(raw, 'little')
    return n & ((1 << 254) - 8) | 1 << 254


class Key:
    def __init__(self, seed):
        self.seed = seed
        h = hashlib.sha512(seed).digest()
        self.a, self.prefix = clamp(h[:32]), h[32:]
        self.public = packed(mul(self.a, BASE))

    def sign(self, msg):
        r = int.from_bytes(hashlib.sha512(self.prefix + msg).digest(),
                           'little') % Q
        big_r = packed(mul(r, BASE))
        k = int.from_bytes(hashlib.sha512(big_r + self.public + msg).digest(),
                           'little') % Q
        return big_r + ((r + k * self.a) % Q).to_bytes(32, 'little')


def x25519(n, u):
    x1 = int.from_bytes(u, 'little') & ((1 << 255) - 1)
    x2, z2, x3, z3 = 1, 0, x1, 1
    swap = 0
    for t in range(254, -1, -1):
        bit = n >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a, c * b
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        aa, bb = a * a % P, b * b % P
        e = aa - bb
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, 'little')


def montgomery(public):
    y = int.from_bytes(public, 'little') & ((1 << 255) - 1)
    return ((1 + y) * pow(1 - y, P - 2, P) % P).to_bytes(32, 'little')


# ---- XSalsa20 and Poly1305

def salsa_rounds(x):
    x = list(x)

    def quarter(a, b, c, d):
        for to, s, t, n in ((b, a, d, 7), (c, b, a, 9), (d, c, b, 13),
                            (a, d, c, 18)):
            v = (x[s] + x[t]) & 0xffffffff
            x[to] ^= (v << n | v >> (32 - n)) & 0xffffffff
    for _ in range(10):
        for q in ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6),
                  (15, 3, 7, 11), (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9),
                  (15, 12, 13, 14)):
            quarter(*q)
    return x


def salsa_state(key, inner):
    c = struct.unpack('<4I', b'expand 32-byte k')
    k, n = struct.unpack('<8I', key), struct.unpack('<4I', inner)
    return (c[0], *k[:4], c[1], *n, c[2], *k[4:], c[3])


def hsalsa(key, inner):
    x = salsa_rounds(salsa_state(key, inner))
    return struct.pack('<8I', x[0], x[5], x[10], x[15], *x[6:10])


def xsalsa(key, nonce, length):
    key, out, n = hsalsa(key, nonce[:16]), b'', 0
    while len(out) < length:
        s = salsa_state(key, nonce[16:] + struct.pack('<Q', n))
        out += struct.pack('<16I', *((a + b) & 0xffffffff for a, b in
                                     zip(salsa_rounds(s), s)))
        n += 1
    return out[:length]


def poly1305(key, msg):
    r = int.from_bytes(key[:16], 'little') & \
        0x0ffffffc0ffffffc0ffffffc0fffffff
    acc = 0
    for i in range(0, len(msg), 16):
        part = msg[i:i + 16] + b'\x01'
        acc = (acc + int.from_bytes(part, 'little')) * r % (2 ** 130 - 5)
    return ((acc + int.from_bytes(key[16:], 'little')) &
            (2 ** 128 - 1)).to_bytes(16, 'little')


def seal(public, entropy, msg):
    """libsodium's sealed box; the ephemeral key is made of the entropy."""
    pk = montgomery(public)
    seed = hashlib.blake2b(pk + msg, digest_size=32, key=entropy).digest()
    esk = clamp(hashlib.sha512(seed).digest()[:32])
    epk = x25519(esk, (9).to_bytes(32, 'little'))
    nonce = hashlib.blake2b(epk + pk, digest_size=24).digest()
    key = hsalsa(x25519(esk, pk), bytes(16))
    stream = xsalsa(key, nonce, 32 + len(msg))
    text = bytes(a ^ b for a, b in zip(msg, stream[32:]))
    return epk + poly1305(stream[:32], text) + text


# ---- protobuf and envelopes

def varint(n):
    out = b''
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def fields(**values):
    """A canonical message of f1=…, f2=…: what is 0 or empty is left out."""
    out = b''
    for num, v in sorted((int(k[1:]), v) for k, v in values.items()):
        if isinstance(v, str):
            v = v.encode()
        if isinstance(v, list):
            v = b''.join(v)
        if isinstance(v, int) and v:
            out += varint(num << 3) + varint(v)
        elif v:
            out += varint(num << 3 | 2) + varint(len(v)) + v
    return out


KINDS = {1: ('unitmesh-revision', '/unitmesh/revision'),
         2: ('unitmesh-fact', '/unitmesh/fact'),
         3: ('unitmesh-roster', '/unitmesh/roster'),
         4: ('unitmesh-row', '/unitmesh/row')}


class Item:
    """An item: its envelope and its id."""

    def __init__(self, kind, key, mesh=b'', **content):
        payload = fields(f1=1, f2=kind, f3=mesh, f4=key.public, **content)
        domain, ptype = (text.encode() for text in KINDS[kind])
        signed = b''.join(varint(len(p)) + p for p in (domain, ptype, payload))
        public = b'\x08\x01\x12\x20' + key.public
        self.id = sha256(payload)
        self.bytes = b''.join(
            bytes([num << 3 | 2]) + varint(len(p)) + p for num, p in
            ((1, public), (2, ptype), (3, payload), (5, key.sign(signed))))


# ---- Bech32m

ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'


def polymod(values):
    gen = (0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)
    chk = 1
    for v in values:
        top = chk >> 25
        chk = (chk & 0x1ffffff) << 5 ^ v
        for i in range(5):
            chk ^= gen[i] if top >> i & 1 else 0
    return chk


def bech32m(prefix, version, data):
    bits = ''.join(f'{b:08b}' for b in data)
    bits += '0' * (-len(bits) % 5)
    values = [version] + [int(bits[i:i + 5], 2)
                          for i in range(0, len(bits), 5)]
    head = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    chk = polymod(head + values + [0] * 6) ^ 0x2bc830a3
    values += [chk >> 5 * (5 - i) & 31 for i in range(6)]
    return (prefix + '1' + ''.join(ALPHABET[v] for v in values)).encode()


# ---- the golden files

def items(k, doc):
    """{name: Item}, and the genesis' id."""
    out = {}
    r1 = out['r1'] = Item(1, k[1], f6=1, f7=T0, **doc('{}'))
    out['genesis'] = Item(3, k[1], f5=1, f6=k[4].public, f7=15, f11='golden',
                          f14=T0, f15=bytes(range(16)), f16=r1.id)
    mesh = out['genesis'].id
    out['grant'] = Item(3, k[1], mesh, f5=2, f6=k[2].public, f7=6,
                        f14=T0 + 1000)
    edit = out['immediate'] = Item(
        1, k[2], mesh, f5=[r1.id], f6=2, f7=T0 + 2000, f16='first edit',
        **doc('{"a":1}'))
    staged = out['staged'] = Item(
        1, k[2], mesh, f5=[edit.id], f6=3, f7=T0 + 3000, f10=1, f11=3600000,
        f12=30000, f13=1, f14=[k[3].public], **doc('{"a":2}'))
    trial = out['trial'] = Item(
        1, k[1], mesh, f5=[edit.id], f6=3, f7=T0 + 4000, f10=2, f11=600000,
        f14=sorted([k[2].public, k[3].public]), f16='grüße', **doc('{"a":3}'))
    rebase = out['rebase'] = Item(
        1, k[2], mesh, f5=[staged.id, trial.id], f6=4, f7=T0 + 5000, f10=1,
        f11=3600000, f12=8000, f14=[k[3].public], f15=1,
        **doc('{"a":2,"b":3}'))
    out['unknown-field'] = Item(
        1, k[2], mesh, f5=[r1.id], f6=2, f7=T0 + 2000, f16='first edit',
        f40=7, f63='later', **doc('{"a":1}'))
    out['open'] = Item(2, k[2], mesh, f5=staged.id, f6=1, f7=T0 + 6000,
                       f8=sorted([k[1].public, k[2].public]))
    out['confirm'] = Item(2, k[2], mesh, f5=staged.id, f6=2, f7=T0 + 7000)
    out['abort'] = Item(2, k[1], mesh, f5=trial.id, f6=3, f7=T0 + 8000,
                        f9='unhealthy on two')
    out['revoke'] = Item(3, k[1], mesh, f5=3, f6=k[2].public, f7=2,
                         f8=[edit.id], f9=[out['grant'].id], f14=T0 + 9000)
    out['set'] = Item(3, k[1], mesh, f5=4, f6=k[3].public, f11='zone',
                      f12='west', f13=1, f14=T0 + 10000)
    out['void'] = Item(3, k[1], mesh, f5=5, f10=sorted([trial.id, rebase.id]),
                       f14=T0 + 11000)
    row = {'f5': 8 * (T0 + 12000), 'f6': T0 + 12000, 'f7': edit.id,
           'f8': sha256(b'{"a":1}'), 'f9': 60000,
           'f10': [trial.id, staged.id], 'f11': 1, 'f12': 1, 'f13': '1.35.0',
           'f14': 'refused: /listeners', 'f15': 'node-3'}
    out['row'] = Item(4, k[3], mesh, **row)
    out['row-daemon'] = Item(4, k[3], mesh, **row, f16='0.1.0')
    out['row-ties'] = Item(4, k[3], mesh, **row, f16='0.1.0',
                           f17=k[1].public[:8] + b'\x21\x00\x01\xa4'
                           + k[2].public[:8] + b'\x12\x00\x00\x00')
    return out, mesh


def codes(k, mesh):
    secret = bytes(i * 0x11 for i in range(16))
    fixed = secret + mesh[:16] + sha256(k[1].public)[:16]
    addrs = [bytes.fromhex('04c0000207061325'), bytes.fromhex(
        '2920010db8000000000000000000000007061325')]

    def mac(key, *parts):
        return hmac.new(key, b''.join(parts), 'sha256').digest()
    key = mac(secret, b'unitmesh-join-key/1', mesh[:16])
    ends = b'\x42' * 32 + k[3].public + k[1].public
    return {
        'join-code': bech32m('um', 0, fixed + struct.pack(
            '>I', T0 // 60000 + 15)),
        'join-code-addresses': bech32m('um', 0, fixed + bytes(4) + b''.join(
            bytes([len(a)]) + a for a in addrs)),
        'recovery-key': bech32m('umkey', 0, k[4].seed),
        'join-proofs': mac(secret, b'unitmesh-join-id/1')[:8] + key +
        mac(key, b'unitmesh-join-hello/1', ends, mesh[:16]) +
        mac(key, b'unitmesh-join-answer/1', ends, mesh)}


def sealed(k, mesh):
    entropy, name = b'\x07' * 32, 'certificates/site'
    content = fields(f1=1, f2=6, f3=mesh, f4=name,
                     f5='-----golden secret-----')
    own = Key(hmac.new(entropy, b'unitmesh-seal-key/1' + sha256(content),
                       'sha256').digest())
    slots = [m + seal(m, entropy, own.seed)
             for m in sorted([k[2].public, k[3].public])]
    return fields(f1=1, f2=5, f3=mesh, f4=name, f5=own.public,
                  f6=seal(own.public, entropy, content), f7=slots)


def frame(message):
    return varint(len(message)) + message


def listed(num, values):
    """A field that stands as often as it has values."""
    return b''.join(fields(**{f'f{num}': v}) for v in values)


def sync_frames(k, i, mesh):
    """One frame of each message of sync, in the order of their numbers."""
    def root(*ids):
        return sha256(b''.join(
            sha256(b''.join(sorted(x for x in ids if x[0] == b)))
            for b in range(256)))
    ids = {name: item.id for name, item in i.items()}
    revisions = [ids['r1'], ids['immediate'], ids['staged']]
    doc = sha256(b'{"a":1}')
    messages = (
        fields(f1=1, f2=mesh, f3=root(mesh, ids['grant']), f4=root(*revisions),
               f5=root(), f6=k[3].public + struct.pack('>Q', 8 * T0)),
        fields(f1=2),
        fields(f1=3, f2=[sha256(b'')] * 256),
        fields(f1=2, f2=bytes([0, 7, 255])),
        fields(f1=2, f2=revisions, f3=1),
        fields(f1=3, f2=[ids['open'], ids['confirm']]),
        fields(f1=3) + listed(2, [i['open'].bytes]) + fields(
            f3=ids['confirm']),
        listed(1, [i['row'].bytes]),
        fields(f1=doc, f2=262144),
        fields(f1=doc, f2=2, f3=7, f4='a":1}'),
        fields(f1=doc),
        fields(f1=doc, f2=bytes(range(80))),
        fields(f1=14, f2='what?'))
    return b''.join(frame(fields(**{f'f{n}': m}))
                    for n, m in enumerate(messages, 1))


def joins(i, proofs):
    """A Hello and a welcome, as frames; `proofs` is join-proofs."""
    hello = fields(f1=1, f2=proofs[:8], f3=proofs[40:72], f4='node-3')
    answer = fields(f1=1, f2=1, f3=proofs[72:]) + listed(
        4, [i['genesis'].bytes, i['grant'].bytes])
    return {'join-hello': frame(hello), 'join-answer': frame(answer)}


def payload(item):
    """What is signed of an item: field 3 of its envelope."""
    at = item.bytes.index(b'\x1a', item.bytes.index(b'/unitmesh/'))
    length = item.bytes[at + 1] & 127 | (
        item.bytes[at + 2] << 7 if item.bytes[at + 1] > 127 else 0)
    at += 3 if item.bytes[at + 1] > 127 else 2
    return item.bytes[at:at + length]


def carried(i):
    """Statements that are carried, before and after they were signed."""
    said = i['grant'], i['set'], i['void']
    return {
        'carry-to-sign': fields(f1=1, f2=7) + listed(3, map(payload, said)),
        'carry-signed': fields(f1=1, f2=8) + listed(3, [
            item.bytes for item in said])}


def export(i, mesh):
    """All of a small mesh as a file."""
    records = [fields(f1=fields(f1=1, f2=mesh, f3=T0))]
    for num, names in ((2, ('genesis', 'grant')), (3, ('r1', 'immediate')),
                       (4, ('confirm',))):
        records += [fields(**{f'f{num}': i[n].bytes}) for n in names]
    records.append(fields(f5='{"a":1}'))
    chain = bytes(32)
    for record in records:
        chain = sha256(chain + sha256(record))
    records.append(fields(f6=fields(f1=len(records), f2=chain)))
    return b''.join(map(frame, records))


def hint(i):
    return (fields(f1=1) + listed(2, [i['immediate'].bytes, i['staged'].bytes])
            + fields(f3=i['open'].bytes, f4=i['set'].bytes, f5=i['row'].bytes,
                     f6=[i['r1'].id, i['trial'].id], f7=i['confirm'].id,
                     f8=i['grant'].id) + listed(9, ['{"a":1}', '{"a":2}']))


def everything():
    k = {n: Key(n.to_bytes(32, 'little')) for n in range(1, 5)}
    made, mesh = items(k, lambda text: {
        'f8': sha256(text.encode()), 'f9': len(text)})
    out = {name: item.bytes for name, item in made.items()}
    out.update(codes(k, mesh))
    out['sealed'] = sealed(k, mesh)
    out['sync-frames'] = sync_frames(k, made, mesh)
    out.update(joins(made, out['join-proofs']))
    out['hint'] = hint(made)
    out.update(carried(made))
    out['export'] = export(made, mesh)
    return out


def self_test():
    """RFC 8032 test 2, RFC 7748 5.2, BIP 350: what all of this stands on."""
    key = Key(bytes.fromhex('4ccd089b28ff96da9db6c346ec114e0f'
                            '5b8a319f35aba624da8cf6ed4fb8a6fb'))
    assert key.sign(b'\x72').hex().startswith('92a009a9f0d4cab8720e820b5f6425')
    nine = (9).to_bytes(32, 'little')
    assert x25519(clamp(nine), nine).hex().startswith('422c8e7a6227d7bca1350b')
    assert bech32m('a', 0, b'')[:2] == b'a1'
    assert polymod([3, 0, 1] + [ALPHABET.index(c) for c in 'lqfn3a']) == \
        0x2bc830a3


def path(name):
    return os.path.join(HERE, name + '.hex')


def written(name):
    with open(path(name), encoding='ascii') as f:
        return bytes.fromhex(''.join(line.split('#')[0] for line in f))


def write(made, names):
    for name in names:
        text = made[name].hex()
        with open(path(name), 'x', encoding='ascii') as f:
            f.write(f'# {name}, {len(made[name])} bytes\n')
            f.writelines(text[i:i + 64] + '\n'
                         for i in range(0, len(text), 64))


def main():
    self_test()
    made = everything()
    if sys.argv[1:2] == ['--write']:
        write(made, sys.argv[2:])
        return
    there = {f[:-4] for f in os.listdir(HERE) if f.endswith('.hex')}
    wrong = sorted(there ^ set(made))
    wrong += [name for name in sorted(there & set(made))
              if written(name) != made[name]]
    if wrong:
        sys.exit('golden bytes differ: ' + ', '.join(wrong))
    print(f'{len(made)} golden files are as the page says')


if __name__ == '__main__':
    main()
