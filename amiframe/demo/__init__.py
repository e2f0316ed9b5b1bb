"""The embedded PBX: a small call centre on this machine that answers AMI over HTTP as Asterisk 22 does.

Everything in it is invented and seeded; it binds to loopback only and is imported when it is asked for, not before.
"""
