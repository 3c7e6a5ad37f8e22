"""Answers that were given before, as long as there is room for them."""

from collections import OrderedDict

from kg.web.replies import Reply

_OWN = 512
"""Bytes that an entry takes beside its body."""


class Answers:
    """Replies by what was asked; the least recently asked give way when `size` bytes are full."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0
        self._replies: OrderedDict[str, Reply] = OrderedDict()

    def get(self, key: str) -> Reply | None:
        """Gives the reply that was put under a key, if it is still there."""
        reply = self._replies.get(key)
        if reply:
            self._replies.move_to_end(key)
        return reply

    def put(self, key: str, reply: Reply) -> None:
        """Keeps a reply, unless it would take more than a quarter of all."""
        cost = len(reply.body) + _OWN
        if key in self._replies or cost > self.size // 4:
            return
        self._replies[key] = reply
        self.used += cost
        while self.used > self.size:
            _, gone = self._replies.popitem(last=False)
            self.used -= len(gone.body) + _OWN

    def clear(self) -> None:
        """Forgets all."""
        self._replies.clear()
        self.used = 0
