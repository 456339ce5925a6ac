"""The rows of the room `enrolment`: codes, ceremonies, people and phones.

Only `bootstrap` opens these. Each conditional statement here is the judge of something that happens once; a
comment beside it says of what.
"""
