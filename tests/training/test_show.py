"""Progress of training on stderr: not too often, and whether it was of any use."""

from helpers.histories import recall_of, run_of

from pipeline.training.show import EpochLines


def test_progress_is_printed_at_most_once_a_second_and_at_the_end(capsys):
    lines = EpochLines(epochs=50)
    for epochs in range(1, 50):
        lines(run_of(epochs))
    lines.last(run_of(50))
    printed = capsys.readouterr().err.splitlines()
    assert 2 <= len(printed) < 50
    assert printed[0].startswith("epoch 1/50  loss 3.0000  SumR 220.0 (best 220.0, epoch 1)")
    assert printed[-1].startswith("epoch 50/50")


def test_epoch_0_is_printed_and_the_end_says_where_training_was_of_no_use(capsys):
    lines, useful, useless = EpochLines(epochs=2), run_of(2), run_of(2)
    useless.history[0]["recall"] = recall_of(9)
    lines(run_of(0))
    lines.end(useful)
    assert capsys.readouterr().err.splitlines()[0] == "epoch 0  SumR 210.0"
    lines.end(useless)
    told = capsys.readouterr().err.splitlines()
    assert "(best 300.0, epoch 0)" in told[0] and "clearly better than the start, whose weights are kept" in told[1]
