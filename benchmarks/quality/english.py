"""English texts: twelve invented experts, twenty invented needs, one right expert each; other forms of the words."""

from contextlib import AbstractContextManager, nullcontext
from unittest.mock import patch

from benchmarks.quality.sets import Row, Task
from benchmarks.quality.systems import Ours, per_need

EXPERTS = {
    "weld": ("Laser welding of thin aluminium sheets", "We predict distortion and design fixtures for welded plates."),
    "coat": ("Corrosion resistant coatings", "Thermal spraying and electroplating protect pipes and offshore bolts."),
    "batt": ("Lithium battery separators", "Ceramic coated separators reduce shrinkage in overheated cells."),
    "water": ("Membrane filtration of dye wastewater", "Nanofiltration recovers salts; fouling is cleaned chemically."),
    "vision": ("Detecting surface defects with cameras", "Neural networks classify scratches on rolled steel."),
    "ferm": ("Fermentation of lactic acid bacteria", "Strains are screened, freeze-dried and stored as starters."),
    "wind": ("Monitoring of wind turbine gearboxes", "Vibration signals are analysed to schedule maintenance."),
    "soil": ("Remediation of polluted soils", "Heavy metals are immobilised by biochar and washed out by chelators."),
    "robot": ("Robotic grasping and assembly", "Manipulators learn to pick irregular parts from bins."),
    "poly": ("Recycling of polymer composites", "Carbon fibres are recovered by pyrolysis of cured laminates."),
    "crop": ("Breeding of drought tolerant wheat", "Molecular markers speed the selection of seedlings."),
    "heat": ("Heat pumps for industrial drying", "Waste heat of dryers is recovered with mechanical compression."),
}
NEEDS = (
    ("Sheet distorts after the weld", "weld"),
    ("Fixture against plate distortions", "weld"),
    ("Pipes corrode; a coated surface is wanted", "coat"),
    ("Bolt electroplated without hydrogen", "coat"),
    ("Separator shrinks when a cell overheats", "batt"),
    ("Coat separators for batteries", "batt"),
    ("Filtering salt from dyeing effluent with membranes", "water"),
    ("Fouled membrane needs chemical cleaning", "water"),
    ("Camera to detect a scratch", "vision"),
    ("Classification of defective steel surface", "vision"),
    ("Strain screening for a freeze-drying starter", "ferm"),
    ("Ferment with lactic bacterium", "ferm"),
    ("Turbine gearbox vibrates", "wind"),
    ("Analysing vibrations to schedule repairs", "wind"),
    ("Soil pollution by a heavy metal", "soil"),
    ("Robot picks an irregular part from the bin", "robot"),
    ("Recover fibre from composite laminate", "poly"),
    ("Select seedling with a marker", "crop"),
    ("Dryer wastes heat; a pump could recover it", "heat"),
    ("Compressing waste vapour while drying industrially", "heat"),
)


def task() -> Task:
    offers = tuple(
        Row(f"{owner} {at}", text if at == 0 else "", body=text if at else "", owner=owner)
        for owner, texts in EXPERTS.items()
        for at, text in enumerate(texts)
    )
    needs = tuple(Row(f"need {at}", title) for at, (title, _) in enumerate(NEEDS))
    grades = {f"need {at}": {owner: 1} for at, (_, owner) in enumerate(NEEDS)}
    return Task("English", "MRR", needs, offers, grades, by_owner=True)


def with_and_without_stems() -> tuple[float, float]:
    """MRR with English words by their stem and as they are written."""
    found: list[float] = []
    circumstances: tuple[AbstractContextManager[object], ...] = (nullcontext(), _unstemmed())
    for circumstance in circumstances:
        with circumstance:
            found.append(float(per_need(Ours(), task()).mean()))
    return found[0], found[1]


def _unstemmed() -> AbstractContextManager[object]:
    return patch.multiple("matchmaker.text.analysed", term_of=lambda surface: surface)


def report() -> None:
    stemmed, written = with_and_without_stems()
    print(
        f"English, {len(NEEDS)} needs → {len(EXPERTS)} experts, MRR: {stemmed:.4f} by stems, {written:.4f} as written"
    )
