#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: roster_oracle.py ROSTER_SAY [HISTORIES [SEED]]

"What the roster says" of docs/reference/formats.md as definitions, without an
order in which anything is worked out, and held against the C on random
histories: who grants, revokes, and lets stand, at random, among eight keys of
which 0 is the root and 7 the recovery key.
"""
import random
import subprocess
import sys
from functools import lru_cache

OWNER, WRITER, NODE, ROOT = 1, 2, 4, 8
GENESIS, GRANT, REVOKE = 1, 2, 3
ROLES = (OWNER, WRITER, NODE, ROOT)
KEYS, RECOVERY = 8, 7
# The level that may give and take a role: 0 recovery key, 1 root, 2 owner.
GIVER = {ROOT: 0, OWNER: 1, WRITER: 2, NODE: 2}


def accepted(history):
    """The least set that is closed under acceptance; roles ever given."""
    inside, ever = {0}, {k: 0 for k in range(KEYS)}
    ever[0] = history[0][3]
    while True:
        before = len(inside)
        for i, (what, by, key, roles, stand) in enumerate(history):
            level = 0 if by == RECOVERY else 1 if ever[by] & ROOT else \
                2 if ever[by] & OWNER else 3
            if i in inside or level == 3 or stand >= 0 and stand not in inside:
                continue
            if what == GRANT:
                if any(roles & r and level > GIVER[r] for r in ROLES):
                    continue
                ever[key] |= roles
            inside.add(i)
        if len(inside) == before:
            return inside, ever


class Reading:
    def __init__(self, history):
        self.h = history
        self.inside, self.ever = accepted(history)
        # Remembered for this reading alone.
        for name in ('stands_on', 'given', 'takes'):
            setattr(self, name, lru_cache(None)(getattr(self, name)))

    def about(self, key, what):
        return [i for i in self.inside if self.h[i][2] == key and
                (self.h[i][0] == what or what == GRANT and
                 self.h[i][0] == GENESIS)]

    def stands_on(self, i, level):
        """Whether a statement stands on a level, or above."""
        by = self.h[i][1]
        if i == 0 or by == RECOVERY:
            return True
        return level >= 1 and self.holds(by, ROOT, i) or \
            level >= 2 and self.holds(by, OWNER, i)

    def given(self, key, role):
        return any(self.h[i][3] & role and self.stands_on(i, GIVER[role])
                   for i in self.about(key, GRANT))

    def takes(self, i, role):
        """Whether a revocation takes a role from the key it is about."""
        key, roles = self.h[i][2], self.h[i][3]
        if roles and not roles & role:
            return False
        for level in range(GIVER[role] + 1):
            if self.stands_on(i, level):
                beside = [r for r in (ROOT, OWNER) if GIVER[r] < level]
                return not any(self.given(key, r) for r in beside)
        return False

    def takers(self, key, roles, statement=None):
        return {i for i in self.about(key, REVOKE)
                if any(self.takes(i, r) for r in roles) and
                (statement is None or self.h[i][4] != statement)}

    def holds(self, key, role, statement=None):
        return self.given(key, role) and \
            not self.takers(key, (role,), statement)

    def keeps(self, key, roles=(WRITER,)):
        if roles == (WRITER,) and not self.ever[key] & WRITER:
            return set()
        out = self.takers(key, roles)
        if any(self.given(key, r) for r in roles):
            return out
        above = (ROOT, OWNER) if WRITER in roles else (ROOT,)
        for i in self.about(key, GRANT):
            if any(self.h[i][3] & r for r in roles):
                by = self.h[i][1]
                out |= self.takers(by, above, i)
                if not any(self.given(by, r) for r in above):
                    out |= self.keeps(by, above)
        return out

    def say(self):
        state = ''.join('0' if i not in self.inside else
                        '2' if self.stands_on(i, 2) else '1'
                        for i in range(len(self.h)))
        words = [state]
        for k in range(KEYS):
            now = sum(r for r in ROLES if self.holds(k, r))
            keeps = sum(1 << i for i in self.keeps(k))
            words.append(f'{self.ever[k]},{now},{keeps:x}')
        return ' '.join(words)


def history(rng):
    """The genesis, most often another root and two owners; then anybody says
    anything, those of high rank more."""
    out = [(GENESIS, 0, 0, 15, -1)]
    out += [s for s in ((GRANT, RECOVERY, 3, ROOT, -1), (GRANT, 0, 1, 1, -1),
                        (GRANT, 3, 2, 1, -1)) if rng.random() < .8]
    rank = [0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, RECOVERY]
    for i in range(len(out), rng.randrange(len(out) + 1, 28)):
        by, key = rng.choice(rank), rng.randrange(KEYS - 1)
        if rng.random() < .6:
            out.append((GRANT, by, key, rng.choice(
                (1, 1, 2, 2, 6, 3, 8, 9, rng.randrange(1, 16))), -1))
        else:
            stand = rng.randrange(i) if rng.random() < .5 else -1
            out.append((REVOKE, by, key, rng.choice(
                (0, 0, 1, 2, 8, rng.randrange(16))), stand))
    return out


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    histories = [history(rng) for _ in range(count)]
    text = ''.join(f'{len(h)}\n' + ''.join(
        ' '.join(map(str, s)) + '\n' for s in h) for h in histories)
    done = subprocess.run(sys.argv[1], input=text, capture_output=True,
                          text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == count, f'{len(lines)} answers to {count} histories'
    fallen = kept = 0
    for n, (h, line) in enumerate(zip(histories, lines)):
        want = Reading(h).say()
        if line != want:
            sys.exit(f'history {n} of seed {seed}: {h}\nthe C   {line}\n'
                     f'the page {want}')
        fallen += '1' in want.split()[0]
        kept += any(not w.endswith(',0') for w in want.split()[1:])
    assert fallen * 10 > count and kept * 10 > count, (fallen, kept)
    print(f'{count} histories of seed {seed}: equal; in {fallen} something '
          f'fell, in {kept} something is void')


if __name__ == '__main__':
    main()
