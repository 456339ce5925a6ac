"""An insurer's machine: asks whether its members' rights are open, one by one and by file."""
