"""Small data sets for demos and tests, as lists: iris measurements, two moons, handwritten digits, first names."""

from __future__ import annotations

import math
import random

from scalargrad import extras

Rows = list[list[float]]


def load_iris() -> tuple[Rows, list[int], list[str]]:
    """Returns Fisher's 150 irises: four measurements in cm per flower, its species' number, and the species' names.

    Source: Fisher 1936, "The use of multiple measurements in taxonomic problems", measured by Anderson.

    >>> features, labels, names = load_iris()
    >>> features[0], names[labels[0]], len(features)
    ([5.1, 3.5, 1.4, 0.2], 'setosa', 150)
    """
    import csv
    from importlib.resources import files

    text = files("scalargrad.data").joinpath("iris.csv").read_text(encoding="utf-8")
    _, *records = csv.reader(text.splitlines())
    species = [record[-1] for record in records]
    names = list(dict.fromkeys(species))
    return [[float(cm) for cm in record[:-1]] for record in records], [names.index(s) for s in species], names


def make_moons(n_samples: int, noise: float, seed: int) -> tuple[Rows, list[int]]:
    """Returns points of two interleaving half circles with Gaussian noise, and the number of each point's half circle.

    The points come from scikit-learn, with this seed. Raises `MissingExtraError` if scikit-learn is missing.
    """
    points, labels = extras.load("sklearn.datasets").make_moons(n_samples=n_samples, noise=noise, random_state=seed)
    return points.tolist(), labels.tolist()


def make_plain_moons(n_samples: int, noise: float, seed: int) -> tuple[Rows, list[int]]:
    """Returns points of the same two shapes without scikit-learn. The noise differs, and the points are not shuffled.

    >>> points, labels = make_plain_moons(4, 0.0, seed=0)
    >>> [[round(x, 1) for x in point] for point in points], labels
    ([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [2.0, 0.5]], [0, 0, 1, 1])
    """
    rng = random.Random(seed)
    points: Rows = []
    labels = []
    for label, count in enumerate([n_samples // 2, n_samples - n_samples // 2]):
        for k in range(count):
            angle = math.pi * k / max(count - 1, 1)
            x, y = math.cos(angle), math.sin(angle)
            if label == 1:
                x, y = 1.0 - x, 0.5 - y
            points.append([rng.gauss(x, noise), rng.gauss(y, noise)])
            labels.append(label)
    return points, labels


def load_digits() -> tuple[Rows, list[int]]:
    """Returns 1,797 handwritten digits: pictures of 8 x 8 numbers from 0 to 16, row by row, and the digit of each.

    Source: Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits". Raises `MissingExtraError` if
    scikit-learn, which has the data, is missing.
    """
    found = extras.load("sklearn.datasets").load_digits()
    return found.data.tolist(), found.target.tolist()


def load_names() -> list[str]:
    """Returns 5,163 first names of women and men in the United States, in lower case, in alphabetical order.

    Source: US Census Bureau, the names of the census of 1990 (dist.female.first and dist.male.first), which are in the
    public domain; each is here once.

    >>> names = load_names()
    >>> names[:3], len(names)
    (['aaron', 'abbey', 'abbie'], 5163)
    """
    from importlib.resources import files

    return files("scalargrad.data").joinpath("names.txt").read_text(encoding="utf-8").split()
