#!/bin/sh
# Install Slurm from Debian's or Ubuntu's packages, unless it is there. The tests start daemons of
# their own: those of the packages need not run.
set -eu
PATH=$PATH:/usr/sbin:/sbin
packages="munge slurm-client slurmctld slurmd"

there() {
	for name in munged srun slurmctld slurmd; do
		command -v "$name" >/dev/null || return 1
	done
}

if there; then
	exit
fi
if ! command -v apt-get >/dev/null; then
	echo "Slurm is not installed, and there is no apt-get to install it: install $packages" >&2
	exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
	as_root="sudo"
fi
echo "Installing $packages with apt-get; the tests start daemons of their own."
$as_root apt-get update -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq --yes --no-install-recommends $packages >/dev/null
there
