# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of a table, each of which passed, failed or was skipped."""


class Rows:
    """Prints rows as they come, and counts them."""

    def __init__(self):
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0}

    def add(self, ok, what, text):
        """One row; ok None: it was skipped."""
        word = "skip" if ok is None else "ok" if ok else "FAIL"
        self.counts[word] += 1
        print(f"{word:<4} {what:<28} {text}".rstrip(), flush=True)

    @staticmethod
    def title(text):
        print(f"\n     {text}", flush=True)

    def end(self):
        """Prints the sums; the exit code."""
        ok, bad, skipped = self.counts.values()
        print(f"\n     {ok} rows there, {bad} missing, {skipped} skipped",
              flush=True)
        return 1 if bad or not ok + skipped else 0
