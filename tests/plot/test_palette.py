"""Colours by numbers: distinct for the colour-blind of each kind, and in grey print by lightness or hatch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from amiframe.plot._agents import STATES
from amiframe.plot._causes import _COLOURS as CAUSES
from amiframe.plot._colors import COLOURS, HATCHES, RAMPS, SERIES, contrast
from amiframe.plot._ladder import _LOOKS as LADDER

# Machado, Oliveira and Fernandes 2009, the severest of each kind, on linear RGB
SEEN = {
    "by all": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
APART = 15.0  # in CIELAB; 2 is the least that people see side by side
LIGHTER = 9.0

# what stands together in one picture: colour, hatch
TOGETHER = {
    "ladder": list(LADDER.values()),
    "service level": [("blue", None), ("vermilion", None), ("grey", None)],
    "agents": [look for state, look in STATES.items() if state != "away"],  # away is a thin line
    "causes": [(colour, None) for colour in CAUSES.values()],
}
SIDE_BY_SIDE = {"parts": [*SERIES], "the last and the rest": ["vermilion", "grey"]}


def linear(colour: str) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(seen @ linear(colour), 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def lightness(colour: str) -> float:
    return float(lab(colour, np.eye(3))[0])


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("seen", SEEN)
def test_no_two_colours_look_alike(seen, is_dark):
    sets = [[name for name, _ in looks] for looks in TOGETHER.values()] + [[*SERIES, "grey"]]
    for names in sets:
        for one, other in itertools.combinations(dict.fromkeys(names), 2):
            apart = np.linalg.norm(lab(COLOURS[one][is_dark], SEEN[seen]) - lab(COLOURS[other][is_dark], SEEN[seen]))
            assert apart >= APART, (one, other, apart)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("picture", TOGETHER)
def test_in_grey_print_lightness_or_hatch_separates_them(picture, is_dark):
    for (one, hatch), (other, hatch_2) in itertools.combinations(TOGETHER[picture], 2):
        hatches = [HATCHES.get(name, "") if own is None else own for name, own in ((one, hatch), (other, hatch_2))]
        if hatches[0] == hatches[1]:
            assert abs(lightness(COLOURS[one][is_dark]) - lightness(COLOURS[other][is_dark])) >= LIGHTER, (one, other)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("parts", SIDE_BY_SIDE)
def test_neighbours_differ_in_lightness(parts, is_dark):
    for one, other in itertools.pairwise(SIDE_BY_SIDE[parts]):
        assert abs(lightness(COLOURS[one][is_dark]) - lightness(COLOURS[other][is_dark])) >= LIGHTER, (one, other)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_ramps_go_one_way_and_begin_away_from_the_paper(is_dark):
    paper = "#000000" if is_dark else "#ffffff"
    for ramp in RAMPS.values():
        levels = [lightness(colour) for colour in ramp[is_dark]]
        assert levels == sorted(levels, reverse=not is_dark)
        assert contrast(ramp[is_dark][0], paper) > 1.15
