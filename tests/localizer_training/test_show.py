"""What is shown of a localizer's training: the points of its curves, and one line an epoch."""

from pipeline.localizer_training.curves import CURVES, points
from pipeline.localizer_training.loop import LocalizerState
from pipeline.localizer_training.show import progress


def record(epoch: int, iou: float) -> dict:
    selection = {"SVMR mIoU": iou, "VCMR mIoU": iou / 2, "chosen_by": 1.5 * iou}
    return {"epoch": epoch, "steps": epoch, "loss": {"start": 1.0, "total": 2.5}, "selection": selection}


def test_every_curve_has_a_point_an_epoch():
    assert points(record(1, 30.0)) == dict(zip(CURVES, (2.5, 30.0, 15.0), strict=True))


def test_the_line_says_where_training_stands(capsys):
    progress(LocalizerState([record(1, 30.0), record(2, 20.0)], {}, 10.0), epochs=6)
    assert capsys.readouterr().err == "epoch 2/6  loss 2.5000  mIoU 20.0 (best 30.0, epoch 1)  at most 20 s left\n"
