"""A readable cut through WordNet: the branch of each concept.

Candidates are ancestors that everybody knows; in another ontology, all ancestors. A concept begins
in the most specific one above it. Branches of few concepts then become part of the next one above,
until few and large ones are left.
"""

from collections.abc import Iterable, Sequence

from cogworks.concepts.wordnet import WordNet

# No more branches than these where they can be merged; in each as many concepts at least, and this
# share of all: the interval of a few concepts says nothing.
MOST, FEWEST, LEAST = 24, 8, 0.01
OTHER = "other"
# A concept below two of them, neither below the other, is in the first: a car is a vehicle and, in
# WordNet, a container. Food is there twice, as a substance and as something solid.
KNOWN = {
    "n00015388": "animal",
    "n01905661": "invertebrate",
    "n01767661": "arthropod",
    "n02159955": "insect",
    "n02274259": "butterfly",
    "n01974773": "crustacean",
    "n01769347": "arachnid",
    "n01940736": "mollusk",
    "n02512053": "fish",
    "n01627424": "amphibian",
    "n01661091": "reptile",
    "n01726692": "snake",
    "n01503061": "bird",
    "n01844917": "aquatic bird",
    "n01604330": "bird of prey",
    "n01861778": "mammal",
    "n02075296": "carnivore",
    "n02084071": "dog",
    "n02370806": "ungulate",
    "n02329401": "rodent",
    "n02469914": "primate",
    "n00017222": "plant",
    "n13103136": "woody plant",
    "n13104059": "tree",
    "n13112664": "shrub",
    "n12205694": "herb",
    "n11669921": "flower",
    "n11545714": "fern",
    "n12992868": "fungus",
    "n00007846": "person",
    "n00021265": "food",
    "n07555863": "food",
    "n07557434": "dish",
    "n07622061": "baked goods",
    "n07705931": "fruit",
    "n07707451": "vegetable",
    "n07881800": "drink",
    "n00021939": "artifact",
    "n04341686": "structure",
    "n02913152": "building",
    "n04105893": "room",
    "n04524313": "vehicle",
    "n04530566": "ship or boat",
    "n03051540": "clothing",
    "n03502509": "headdress",
    "n03122748": "covering",
    "n03309808": "fabric",
    "n03405265": "furnishing",
    "n03094503": "container",
    "n03183080": "device",
    "n03699975": "machine",
    "n04451818": "tool",
    "n04565375": "weapon",
    "n03800933": "musical instrument",
    "n03733925": "measuring instrument",
    "n03294048": "equipment",
    "n03169390": "decoration",
    "n00019128": "natural object",
    "n05220461": "part of a body",
    "n09287968": "geological formation",
    "n00019613": "substance",
    "n00407535": "activity",
    "n00523513": "sport",
}


def branches(wordnet: WordNet, wnids: Sequence[str], counted: Sequence[bool]) -> list[str]:
    """Return the branch of each concept; `OTHER` for what is below no candidate.

    A branch of which others have become branches of their own is "other animal".

    Args:
        wordnet: the ontology.
        wnids: the concepts.
        counted: which of them make a branch large enough.
    """
    names = _candidates(wordnet, wnids)
    above: dict[str, set[str]] = {}
    for wnid, name in names.items():
        above.setdefault(name, set()).update(_names(wordnet, wnid, names) - {name})

    order = list(above)

    def nearest(found: Iterable[str]) -> str:
        return max(found, key=lambda name: (len(above[name]), -order.index(name)), default=OTHER)

    members: dict[str, list[int]] = {}
    for place, wnid in enumerate(wnids):
        members.setdefault(nearest(_names(wordnet, wnid, names)), []).append(place)

    def size(name: str) -> int:
        return sum(counted[place] for place in members[name])

    while (merged := _to_merge({name: size(name) for name in members}, above)) is not None:
        members.setdefault(nearest(above[merged]), []).extend(members.pop(merged))
    result = [""] * len(wnids)
    for name, places in members.items():
        divided = any(name in above.get(other, ()) for other in members)
        for place in places:
            result[place] = f"other {name}" if divided else name
    return result


def _candidates(wordnet: WordNet, wnids: Sequence[str]) -> dict[str, str]:
    """Return the names of the candidates by wnid."""
    if all(map(wordnet.exists, KNOWN)):
        return KNOWN
    found = [wordnet.ancestors(wnid) for wnid in wnids if wordnet.exists(wnid)]
    # What is above all of them, as the root is, is no branch.
    every = sorted(frozenset().union(*found) - frozenset.intersection(*found)) if found else []
    return {wnid: wordnet.lemmas(wnid)[0].replace("_", " ") for wnid in every}


def _names(wordnet: WordNet, wnid: str, names: dict[str, str]) -> set[str]:
    """Return the candidates that a synset is, or is below."""
    if not wordnet.exists(wnid):
        return set()
    return {names[found] for found in (wnid, *wordnet.ancestors(wnid)) if found in names}


def _to_merge(sizes: dict[str, int], above: dict[str, set[str]]) -> str | None:
    """Return the branch that becomes part of the next one above; None where all may stay.

    That is the deepest one of those that are too small, else the smallest one that has one above.
    One that is too small and has none above takes in what is below it.
    """

    def smallest(names: Iterable[str]) -> str | None:
        return min(names, key=lambda name: (sizes[name], name), default=None)

    least = max(FEWEST, LEAST * sum(sizes.values()))
    small = [name for name, size in sizes.items() if name != OTHER and size < least]
    if small:
        name = min(small, key=lambda name: (-len(above[name]), name))
        below = [other for other in sizes if name in above.get(other, ())]
        return name if above[name] else smallest(below) or name
    if len(sizes) > MOST:
        return smallest(name for name in sizes if above.get(name))
    return None
