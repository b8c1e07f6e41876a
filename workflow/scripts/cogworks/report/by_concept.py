"""What shows encoders concept by concept: the data sets of the axis with their test images.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from cogworks.report.roles import CONCEPTS, Roles
from cogworks.report.specs import ByConceptSpec, ConceptSet


def spec(roles: Roles) -> ByConceptSpec | None:
    """Return what shows them; None where no two encoders are scored on the same concepts.

    Only parts with concepts have it, and classes that are no synsets have no branch.
    """
    datasets = [roles.plan.datasets[name] for name in roles.pictured]
    if roles.chapter not in (None, CONCEPTS) or any(d.classes.names for d in datasets):
        return None
    names = [found.name for found in datasets]
    if len(roles.groups(roles.scored(names))) < 2:
        return None
    levels = roles.by_level(names, names=roles.scored(names), apart=False)
    wordnets = {found.wordnet for found in datasets}
    benchmark = roles.ranked if roles.levels else None
    return ByConceptSpec(
        **dict(levels),
        seen=roles.seen if roles.levels else None,
        sets=[ConceptSet(classes=d.class_table, test=d.manifest("test")) for d in datasets],
        ranking=benchmark.table("ranking") if benchmark else None,
        wordnet=wordnets.pop() if len(wordnets) == 1 else None,
    )
