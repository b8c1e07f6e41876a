"""The sections of the page: which exhibits and pictures each holds.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterator
from itertools import groupby

from cogworks.core.how import without_how
from cogworks.core.place import LINK, ROOT
from cogworks.core.spec import digest, packed
from cogworks.core.words import counted
from cogworks.plan.plan import Plan
from cogworks.report import procedural
from cogworks.report.page.specs import (
    FiguresPart,
    PageFigure,
    PagePart,
    PageSection,
    PageSpec,
    TablePart,
)
from cogworks.report.part_notes import notes, published_cells
from cogworks.report.planned import Exhibits, Planned
from cogworks.report.roles import Roles
from cogworks.report.targets import Targets

Part = FiguresPart | TablePart

# By id, in the order of the page.
TITLES = {
    "levels": "Accuracy by level",
    "by_concept": "Concept by concept",
    "few_shot": "Few images per class",
    "rankings": "Other rankings",
    "fine_tuning": "Fine-tuning",
    "published": "Among the published models",
    "transfer": "Training against transfer",
    "test_sets": "Test sets",
    "label_noise": "Label noise",
    "training": "Training",
    "clones": "Clones",
    "features": "Features",
    "concepts": "Concepts and levels",
    "samples": "Images",
    "scores": "All scores",
}
# Those that show differences to the baseline.
RELATIVE = ("levels", "by_concept", "few_shot")


def page_spec(exhibits: Exhibits) -> PageSpec:
    """Return what the page shows."""
    report = exhibits.plan.config.report
    config = without_how(exhibits.plan.config.model_dump())
    targets = Targets(exhibits)
    return PageSpec(
        title=report.title,
        subtitle=report.subtitle or _subtitle(exhibits),
        notice=procedural.notice(exhibits.plan),
        digest=digest(config),
        counts=_counts(exhibits.plan),
        parts=[_part(targets, roles) for roles in exhibits.parts],
        config=packed(config),
    )


def shown(spec: PageSpec) -> list[str]:
    """Return the files of the tables and figures that the page holds, each once."""
    blocks = [block for part in spec.parts for section in part.sections for block in section.parts]
    found: list[str] = []
    for block in blocks:
        found += [f.path for f in block.figures] if block.kind == "figures" else [block.path]
    return list(dict.fromkeys(found))


def texts(spec: PageSpec) -> list[str]:
    """Return the files of the page itself and of the texts of its sections."""
    names = [f"page/{name}" for name in ("report.html.j2", "report.css", "report.js", "cite.bib")]
    ids = [section.id for part in spec.parts for section in part.sections]
    names += [f"sections/{name}.rst" for name in dict.fromkeys(ids)]
    return [str(LINK / "workflow" / "report" / name) for name in names]


def samples(roles: Roles) -> list[str]:
    """Return the data sets and families of which images are shown."""
    if roles.section.samples is not None:
        return roles.section.samples
    members = set(roles.levels)
    families = [n for n, names in roles.plan.families.items() if members & set(names)]
    config = roles.plan.config.images
    return [name for name in [roles.seen, *families] if name is not None and name in config]


def _part(targets: Targets, roles: Roles) -> PagePart:
    found = [planned for planned in targets.exhibits.planned if planned.roles == roles]
    return PagePart(
        id=roles.part,
        title=roles.title,
        published=published_cells(targets, roles),
        notes=[*notes(targets, roles), *_untrained(roles)],
        sections=list(_sections(found, roles)),
    )


def _sections(found: list[Planned], roles: Roles) -> Iterator[PageSection]:
    pictures = {
        "clones": [_picture("sheets", name, roles) for name in roles.cloned],
        "samples": [_picture("samples", name, roles) for name in samples(roles)],
    }
    for section, title in TITLES.items():
        parts = list(_parts([planned for planned in found if planned.kind.section == section]))
        if pictures.get(section):
            parts.append(FiguresPart(figures=pictures[section]))
        if parts:
            yield PageSection(
                id=section,
                anchor=roles.named(section),
                title=title,
                notes=_untrained(roles) if section in RELATIVE else [],
                parts=parts,
            )


def _parts(planned: list[Planned]) -> Iterator[Part]:
    """Yield tables one by one, and figures that follow each other as one part."""
    for medium, members in groupby(planned, key=lambda entry: entry.medium):
        found = list(members)
        about = list(dict.fromkeys(entry.exhibit.about for entry in found))
        found.sort(key=lambda entry: about.index(entry.exhibit.about))
        if medium == "figure":
            yield FiguresPart(figures=[_figure(entry) for entry in found])
            continue
        for entry in found:
            yield TablePart(
                name=entry.name,
                exhibit=entry.kind_name,
                path=entry.path,
                number=entry.numbered.name if entry.numbered else "",
                folded=entry.kind.folded,
            )


def _figure(planned: Planned) -> PageFigure:
    return PageFigure(
        name=planned.name,
        path=planned.shown,
        caption=planned.caption,
        label=planned.exhibit.label,
        wide=planned.kind.wide or planned.exhibit.wide,
    )


def _picture(kind: str, name: str, roles: Roles) -> PageFigure:
    """Return a contact sheet, which the room draws that has the images."""
    folder = "results/synthesis/sheets/" if kind == "sheets" else f"results/figures/{kind}_"
    caption = (ROOT / "workflow" / "report" / "figures" / f"{kind}.rst").read_text("utf-8")
    path, own = f"{folder}{name}.png", roles.named(f"{kind}_{name}")
    return PageFigure(name=own, path=path, caption=caption, label=name, wide=True)


def _counts(plan: Plan) -> list[tuple[str, str]]:
    """Return of what there is how much in the plan."""
    seeds = sorted({plan.config.probes[job.protocol_name].seeds for job in plan.jobs.values()})
    found = {
        "Data sets": len(plan.datasets),
        "Clones": len(plan.clones),
        "Training runs": len(plan.runs),
        "Encoders": len(plan.encoders),
        "Evaluations": len(plan.jobs),
    }
    counts = [(name, f"{count:,}") for name, count in found.items() if count]
    return counts + [("Seeds of a probe", " or ".join(map(str, seeds)))] * bool(seeds)


def _subtitle(exhibits: Exhibits) -> str:
    """Return how many encoders are evaluated, and those that are so only by their own classifiers.

    The latter are in other tables than the rest.
    """
    jobs = {key: job for roles in exhibits.parts for key, job in roles.jobs.items()}
    probed = {name for (name, *_), job in jobs.items() if not job.kind.own}
    texts = [
        f"{counted(len(encoders), 'encoder')} on {counted(len(datasets), 'data set')}{by}"
        for by, found in (
            ("", [key for key in jobs if key[0] in probed]),
            (" by their own classifiers", [key for key in jobs if key[0] not in probed]),
        )
        if (encoders := {name for name, *_ in found})
        and (datasets := {dataset for _, dataset, _ in found})
    ]
    return "; ".join(texts) or "Concepts only: no evaluations in the config."


def _untrained(roles: Roles) -> list[str]:
    """Return that the baseline, to which others are compared, has random weights, if it has."""
    name = roles.baseline
    if name is None or roles.plan.encoders[name].weights != "random":
        return []
    if len(roles.scored(roles.evaluated)) == 1:
        return []
    return [f"The baseline, {roles.label(name)}, has random weights: it was never trained."]
