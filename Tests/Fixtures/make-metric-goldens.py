#!/usr/bin/env python3
"""Writes metric-goldens.json: figures of scored clips as scikit-learn, torchmetrics and SciPy have them.

Needs scikit-learn, torchmetrics and SciPy. Run in this folder: python3 make-metric-goldens.py

Scores are whole numbers of 1/65536 that sum to 1 exactly, so that 32-bit floats hold them.
"""
import json
import pathlib
import warnings

import numpy as np
import torch
from scipy import stats
from sklearn import metrics
from torchmetrics.functional.classification.calibration_error import _ce_compute

warnings.filterwarnings("ignore")
random = np.random.default_rng(20260214)
UNITS = 65536


def rows(count, classes, labels, lean=1.0, levels=None):
    """Whole numbers that lean towards the label; `levels` makes many of them equal."""
    shares = random.gamma(1.0, size=(count, classes))
    shares[np.arange(count), labels] += lean * random.random(count)
    if levels:
        shares = np.ceil(shares * levels)
        units = np.floor(shares / shares.sum(1, keepdims=True) * 16).astype(int) * (UNITS // 16)
    else:
        units = np.floor(shares / shares.sum(1, keepdims=True) * UNITS).astype(int)
    # What rounding left over goes to the first class: the sum is 1 exactly.
    units[:, 0] += UNITS - units.sum(1)
    return units


def calibration_error(scores, labels):
    """torchmetrics' in doubles. It gives confidences of exactly 1 a bin of their own, beyond the last;
    a hair less puts them into the last bin, as the definition has it."""
    confidences = np.minimum(scores.max(1), np.nextafter(1.0, 0.0))
    right = scores.argmax(1) == labels
    return float(_ce_compute(torch.tensor(confidences), torch.tensor(right, dtype=torch.float64), 15,
                             norm="l1"))


def figures(scores, labels):
    classes = scores.shape[1]
    names = list(range(classes))
    answers = scores.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, answers, labels=names, zero_division=0)
    present = [c for c in names if (labels == c).any()]
    areas = [metrics.roc_auc_score(labels == c, scores[:, c]) for c in present if (labels != c).any()]
    return {
        "top1": metrics.accuracy_score(labels, answers),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, answers),
        "macro_f1": metrics.f1_score(labels, answers, average="macro", zero_division=0),
        "weighted_f1": metrics.f1_score(labels, answers, average="weighted", zero_division=0),
        "mean_average_precision": float(np.mean(
            [metrics.average_precision_score(labels == c, scores[:, c]) for c in present])),
        "auroc": float(np.mean(areas)) if areas else None,
        "log_loss": metrics.log_loss(labels, scores, labels=names),
        "ece": calibration_error(scores, labels),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(),
        "support": support.tolist(),
        "confusion": metrics.confusion_matrix(labels, answers, labels=names).tolist(),
    }


def curves(scores, labels, which):
    truth = labels == which
    precision, recall, thresholds = metrics.precision_recall_curve(truth, scores[:, which])
    false, true, _ = metrics.roc_curve(truth, scores[:, which], drop_intermediate=False)
    # Falling thresholds, without the points that stand for "no clip at all".
    return {"class": which, "thresholds": thresholds[::-1].tolist(),
            "precision": precision[:-1][::-1].tolist(), "recall": recall[:-1][::-1].tolist(),
            "false": false[1:].tolist(), "true": true[1:].tolist()}


def case(name, units, labels, curve=None):
    scores = units / UNITS
    assert (scores.sum(1) == 1).all()
    found = {"name": name, "classes": units.shape[1], "units": units.tolist(),
             "labels": labels.tolist(), "figures": figures(scores, labels)}
    if curve is not None:
        found["curves"] = curves(scores, labels, curve)
    return found


def cases():
    found = []
    for name, count, classes, levels in [("random", 60, 3, None), ("many classes", 150, 9, None),
                                         ("two classes", 40, 2, None), ("ties", 80, 4, 2)]:
        labels = random.integers(0, classes, count)
        found.append(case(name, rows(count, classes, labels, levels=levels), labels, curve=1))
    labels = random.integers(0, 3, 50)
    found.append(case("absent classes", rows(50, 6, labels), labels, curve=0))
    labels = np.full(20, 2)
    found.append(case("one class", rows(20, 4, labels), labels))
    found.append(case("one clip, right", np.array([[UNITS // 4, UNITS * 3 // 4]]), np.array([1])))
    found.append(case("one clip, wrong", np.array([[UNITS, 0, 0]]), np.array([2])))
    labels = random.integers(0, 4, 60)
    answers = np.where(random.random(60) < 0.7, labels, random.integers(0, 4, 60))
    found.append(case("certain", np.eye(4, dtype=int)[answers] * UNITS, labels, curve=3))
    found.append(case("all alike", np.full((12, 4), UNITS // 4), random.integers(0, 4, 12)))
    return found


FIGURES = ["top1", "balanced_accuracy", "macro_f1", "log_loss"]


def quick(scores, labels):
    """Four figures of `figures`, quick enough for thousands of resamples."""
    answers = scores.argmax(1)
    table = np.zeros((scores.shape[1],) * 2)
    np.add.at(table, (labels, answers), 1)
    hits, support, named = table.diagonal(), table.sum(1), table.sum(0)
    recall = hits[support > 0] / support[support > 0]
    judged = support + named > 0
    f1 = 2 * hits[judged] / (support + named)[judged]
    own = np.maximum(scores[np.arange(len(labels)), labels], np.finfo(float).eps)
    return np.array([hits.sum() / len(labels), recall.mean(), f1.mean(), -np.log(own).mean()])


def paired():
    count, groups, classes = 90, 12, 3
    labels = random.integers(0, classes, count)
    group = random.integers(0, groups, count)
    first = rows(count, classes, labels, lean=1.0)
    second = rows(count, classes, labels, lean=2.5)
    members = [np.flatnonzero(group == g) for g in range(groups)]

    def difference(drawn, of=quick):
        clips = np.concatenate([members[g] for g in np.asarray(drawn)])
        return of(second[clips] / UNITS, labels[clips]) - of(first[clips] / UNITS, labels[clips])

    def slow(scores, labels):
        found = figures(scores, labels)
        return np.array([found[name] for name in FIGURES])

    resamples = []
    for _ in range(12):
        drawn = random.integers(0, groups, groups)
        weights = np.bincount(group, minlength=groups) * 0
        np.add.at(weights, drawn, 1)
        resamples.append({"weights": weights[group].tolist(),
                          "differences": difference(drawn, slow).tolist()})
    errors = []
    for number in range(len(FIGURES)):
        found = stats.bootstrap(
            (np.arange(groups),), lambda drawn: difference(drawn.astype(int))[number],
            vectorized=False, n_resamples=9999, method="percentile",
            rng=np.random.default_rng(number))
        errors.append(float(found.standard_error))
    right = [(units / UNITS).argmax(1) == labels for units in (first, second)]
    only = [int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())]
    return {"classes": classes, "labels": labels.tolist(), "groups": group.tolist(),
            "first": first.tolist(), "second": second.tolist(),
            "difference": difference(np.arange(groups), slow).tolist(), "resamples": resamples,
            "standard_errors": errors, "only_first": only[0], "only_second": only[1],
            "mcnemar": stats.binomtest(only[0], sum(only), 0.5).pvalue}


def tests():
    pairs = [(0, 0), (0, 1), (1, 0), (5, 5), (3, 12), (0, 20), (100, 150), (2000, 2100), (7, 6)]
    degrees = [1, 2, 3, 4, 7, 11, 19, 46, 200, 5000]
    return {
        "mcnemar": [[b, c, stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0]
                    for b, c in pairs],
        "t_quantiles": [[d, stats.t.ppf(0.975, d)] for d in degrees],
        "t_tails": [[t, d, 2 * stats.t.sf(t, d)] for d in degrees for t in (0.0, 0.5, 2.0, 9.0)],
    }


goldens = {"units": UNITS, "cases": cases(), "figures": FIGURES, "paired": paired(), "tests": tests()}
text = json.dumps(goldens, separators=(",", ":"), allow_nan=False)
pathlib.Path("metric-goldens.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
