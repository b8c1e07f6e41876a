"""The sections of the page: which exhibits and pictures each holds.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterator
from itertools import groupby

from cogworks.core.how import without_how
from cogworks.core.place import LINK, ROOT
from cogworks.core.spec import digest, packed
from cogworks.report.page.specs import FiguresPart, PageFigure, PageSection, PageSpec, TablePart
from cogworks.report.planned import Exhibits, Planned

Part = FiguresPart | TablePart

# By id, in the order of the page.
TITLES = {
    "levels": "Accuracy by level",
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


def page_spec(exhibits: Exhibits) -> PageSpec:
    """Return what the page shows."""
    roles = exhibits.roles
    levels, relative = (exhibits.tables.get(name) for name in ("levels", "levels_relative"))
    config = without_how(exhibits.plan.config.model_dump())
    return PageSpec(
        title=roles.section.title,
        subtitle=roles.section.subtitle or _subtitle(exhibits),
        digest=digest(config),
        levels=levels.path if levels else None,
        relative=relative.path if relative else None,
        sections=list(_sections(exhibits)),
        config=packed(config),
    )


def shown(spec: PageSpec) -> list[str]:
    """Return the files of the tables and figures that the page holds."""
    parts = [part for section in spec.sections for part in section.parts]
    found: list[str] = []
    for part in parts:
        found += [f.path for f in part.figures] if part.kind == "figures" else [part.path]
    return found


def texts(spec: PageSpec) -> list[str]:
    """Return the files of the page itself and of the texts of its sections."""
    names = ["page/report.html.j2", "page/report.css", "page/report.js"]
    names += [f"sections/{section.id}.rst" for section in spec.sections]
    return [str(LINK / "workflow" / "report" / name) for name in names]


def samples(exhibits: Exhibits) -> list[str]:
    """Return the data sets and families of which images are shown."""
    roles = exhibits.roles
    if roles.section.samples is not None:
        return roles.section.samples
    members = set(roles.levels)
    families = [n for n, names in exhibits.plan.families.items() if members & set(names)]
    config = exhibits.plan.config.images
    return [name for name in [roles.seen, *families] if name is not None and name in config]


def _sections(exhibits: Exhibits) -> Iterator[PageSection]:
    pictures = {
        "clones": [_picture("sheets", name) for name in _cloned(exhibits)],
        "samples": [_picture("samples", name) for name in samples(exhibits)],
    }
    for section, title in TITLES.items():
        own = [planned for planned in exhibits.planned if planned.kind.section == section]
        parts = list(_parts(own))
        if pictures.get(section):
            parts.append(FiguresPart(figures=pictures[section]))
        if parts:
            yield PageSection(id=section, title=title, parts=parts)


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
            yield TablePart(name=entry.name, path=entry.path, folded=entry.kind.folded)


def _figure(planned: Planned) -> PageFigure:
    return PageFigure(
        name=planned.name,
        path=planned.path,
        caption=planned.kind.caption,
        label=planned.exhibit.label,
        wide=planned.kind.wide,
    )


def _picture(kind: str, name: str) -> PageFigure:
    """Return a contact sheet, which the room draws that has the images."""
    folder = "results/synthesis/sheets/" if kind == "sheets" else f"results/figures/{kind}_"
    caption = (ROOT / "workflow" / "report" / "figures" / f"{kind}.rst").read_text("utf-8")
    path = f"{folder}{name}.png"
    return PageFigure(name=f"{kind}_{name}", path=path, caption=caption, label=name, wide=True)


def _cloned(exhibits: Exhibits) -> list[str]:
    """Return the data sets of which there are clones."""
    likes = {clone.section.like for clone in exhibits.plan.clones.values()}
    return sorted(like for like in likes if like is not None)


def _subtitle(exhibits: Exhibits) -> str:
    datasets = exhibits.roles.evaluated
    encoders = exhibits.roles.scored(datasets)
    if not encoders:
        return "Concepts only: no evaluations in the config."
    return f"{len(encoders)} encoders on {len(datasets)} data sets"
