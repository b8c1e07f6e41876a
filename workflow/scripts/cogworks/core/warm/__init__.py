"""Starts of jobs without the seconds that Python takes to load its libraries.

A run on one machine has a server (`server.py`) that loads what scripts import, once. The command
of a job (`client.py`) asks it for a fork of itself that runs the job's script, and stands for that
process: output, working folder, environment, signals and exit status are the job's. Without a
server, the client becomes the script's own interpreter: a job is the same either way.

Files of `benchmark:` directives then hold the job's seconds, but the memory and CPU time of the
client.
"""
