"""Histories of trainings that never ran."""

from pipeline.training.loop import TrainingState


def recall_of(epoch: int) -> dict[str, float]:
    return {"R@1": 10.0 * epoch, "R@5": 50.0, "R@10": 60.0, "R@100": 100.0, "SumR": 210.0 + 10 * epoch}


def run_of(epochs: int) -> TrainingState:
    """A run of so many epochs after epoch 0."""
    losses = {"retrieval": 2.0, "diversity": 0.5, "relevance": 0.1, "total": 3.0}
    history = [
        {
            "epoch": epoch,
            "steps": 9 * epoch,
            "learning_rate": 0.001 / epoch,
            "loss": {name: value / epoch for name, value in losses.items()},
            "recall": recall_of(epoch),
            "lead_error": 1.0,
        }
        for epoch in range(1, epochs + 1)
    ]
    start = {"epoch": 0, "steps": 0, "learning_rate": 0.0, "loss": {}, "recall": recall_of(0)}
    return TrainingState([start, *history], {}, 1.0)
