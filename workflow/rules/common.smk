# What all files of rules use: the plan, in which rules look everything up, and the digest of a rule's
# code. No torch and no data are touched while the DAG is planned.
import contextlib
import functools
import gc
import re
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

ROOT = Path(str(workflow.current_basedir)).resolve().parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
if not SCRIPTS.is_dir():
    raise WorkflowError(
        f"{workflow.current_basedir}: the scripts of this workflow must be beside it; clone its "
        "repository, and give the path of workflow/Snakefile in the clone"
    )
if re.search("[{}]", str(ROOT)):
    raise WorkflowError(
        f"{ROOT}: Snakemake cannot run in a folder with braces in its name; rename it"
    )
sys.path.insert(0, str(SCRIPTS))

from cogworks.config.yaml_file import load_yaml
from cogworks.core import paths, place
from cogworks.core.codehash import rule_code
from cogworks.core.errors import InputError
from cogworks.core.failures import IN_WORDS
from cogworks.core.fingerprint import of_files
from cogworks.core.needs import Needs
from cogworks.core.spec import canonical, packed
from cogworks.estimates.specs import Calibrations
from cogworks.plan.load import load
from cogworks.plan.requests import Requests
from cogworks.stale import dry_run

# Planning makes millions of objects, and most of them stay. Searching them for garbage as often as
# Python does by default takes a sixth of the time.
gc.set_threshold(50_000)

if place.ROOT != ROOT:
    raise WorkflowError(
        f"{ROOT}: the library is already loaded from {place.ROOT}; use one copy for all modules"
    )


# What a person needs of a failed job is its reason.
IN_WORDS.shows_logs = bool(
    workflow.output_settings and workflow.output_settings.show_failed_logs
)
logger.addFilter(IN_WORDS)


def say_error(text):
    """Say what is wrong, also where `--quiet all` silences Snakemake."""
    output = workflow.output_settings
    if output and Quietness.ALL in (output.quiet or ()):
        print(text, file=sys.stderr)
    else:
        logger.error(text)


@contextlib.contextmanager
def told_in_words():
    """Say what is wrong and end: Snakemake would name a line of these files instead."""
    try:
        yield
    except InputError as error:
        say_error(str(error))
        raise SystemExit(1) from error


with told_in_words():
    place.link_bundled()
# If Snakemake provides an environment or a container, jobs use its interpreter.
deployed = workflow.deployment_settings.deployment_method
script = functools.partial(
    place.Script, python="python" if deployed else sys.executable
)

# The working folder's own config, else the default config beside the workflow.
default_config = Path("config/config.yaml")
if not default_config.exists():
    default_config = ROOT / default_config

with told_in_words():
    # One complete config at a time: a --configfile replaces the default instead of being merged
    # into it, or the default's data sets and encoders would appear in everybody's results.
    if not workflow.overwrite_configfiles:
        try:
            # As the directive does, which cannot stand here.
            workflow.configfile(str(default_config))
        except Exception:
            load_yaml(default_config)  # Its errors name the file and the line.
            raise
    plan = load(config, workflow.configfiles, warn=logger.warning)

# The user's files are not inputs of rules. Their fingerprints are params (`files`), so that a copy
# or a touch makes nothing stale, and other content does, whatever its date. A missing one stops the
# planning (see `Needs`).
needs = Needs()

# What jobs ask for: memory and time by their sizes, time as `snakemake estimate` has measured it,
# where it has.
calibrations = Calibrations(plan)
requests = Requests(plan, calibrations.seconds)


@functools.cache
def measurements():
    """Return the files of the measurements that tell of the jobs that are left."""
    command = [
        *place.Script("show_estimates").words,
        *("--config", packed(plan.config.model_dump())),
        *("--settings", dry_run.settings_of(workflow).text),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    with told_in_words():
        if done.returncode:
            raise InputError(done.stderr.strip())
    return set(done.stdout.splitlines())


# Keys that say how a result is computed and not what it is (device, workers, shards, memory,
# `verify`; all are in cogworks/core/how.py) go to rules as threads and resources, which Snakemake
# does not track: changing them makes nothing stale.


# A job that can use a GPU asks for one node: Slurm could divide several GPUs among more.


# Jobs with a priority are those on which most others wait: training, clones, and the images of both.
# The scheduler would start as many small jobs as it can, and a run would end with the long ones.


# A name never holds a slash, so that one folder is one wildcard.
wildcard_constraints:
    benchmark="[^/]+",
    clone="[^/]+",
    dataset="[^/]+",
    encoder="[^/]+",
    folder="[^/]+",
    generator="[^/]+",
    protocol="[^/]+",
    run="[^/]+",
    source="[^/]+",
    split="[^/]+",
