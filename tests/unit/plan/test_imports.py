"""Planning needs no library that computes: it is quick, and works where none is installed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAVY = (
    *("torch", "torchvision", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "timm"),
    *("transformers", "diffusers", "optuna", "matplotlib", "PIL", "nltk"),
)
PROGRAM = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # an import of it fails
sys.path.insert(0, {str(ROOT / "workflow" / "scripts")!r})
from cogworks.config.yaml_file import load_yaml
from cogworks.plan.load import load
from cogworks.report.planned import Exhibits
plan = load(load_yaml({str(ROOT / "config" / "test.yaml")!r}))
for job in plan.jobs.values():
    assert job.fit_spec.text and job.fit_inputs
for run in plan.runs.values():
    assert run.spec.text
for encoder in plan.encoders.values():
    assert encoder.spec.text
for clone in plan.clones.values():
    assert clone.draw_spec.text and clone.prompt_spec.text
print(len(plan.jobs), len(Exhibits(plan).tables))
"""


def test_a_config_is_planned_with_nothing_that_computes() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    jobs, tables = map(int, done.stdout.split())
    assert jobs > 5
    assert tables > 3
