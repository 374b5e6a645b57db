"""Stage `scan`: write outputs/scan/files.jsonl, the list of the files below `source` that DVC compares.

The stage runs every time. It also checks all parameters, and writes them and the chosen recipes, which feature streams
this run asks for, which trained model it reuses, and whether it learns from queries, and from their spans.
Test: tests/scan/test_stage.py.
"""

from pipeline.core.cli import run
from pipeline.core.files import write_json
from pipeline.core.learning import write_learns
from pipeline.core.params import load
from pipeline.core.reused import write_reused
from pipeline.corpus.params import FeaturesParams
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS
from pipeline.scan.copies import check_copy
from pipeline.scan.kept import MADE_FOR, keep, lacks_data
from pipeline.scan.listing import LIST, counts, list_files, write_list
from pipeline.scan.source import exists, source_folder
from pipeline.settings.check import check_settings
from pipeline.settings.in_use import write_in_use
from pipeline.settings.one_space import check_one_space
from pipeline.settings.reuse import find_reused
from pipeline.settings.streams import asked_for, write_asked
from pipeline.video.params import DecodeParams


def main() -> None:
    """Check all parameters, write the chosen recipes and the streams that are asked for, and list the files.

    Where `source` does not exist, or the videos are not there, the list that was made for it stays as it is; raises
    PipelineError where there is no such list.
    """
    recipe, of_localizer = check_settings()
    write_in_use()
    params = load("dataset", "source", "model", "localizer", DecodeParams, FeaturesParams)
    MODELS.write_chosen(params.model, recipe)
    LOCALIZERS.write_chosen(params.localizer, of_localizer)
    streams = [asked_for(params.features.streams, params.dataset, reads.modalities) for reads in (recipe, of_localizer)]
    check_one_space(recipe, streams[0])
    write_asked(*streams)
    reused = find_reused(*streams)
    write_reused(reused)
    is_trained = reused is None
    write_learns(is_trained and (recipe.fitted or of_localizer.fitted), is_trained and of_localizer.fitted)
    made_for = {"dataset": params.dataset, "source": params.source}
    source = source_folder(params.source)
    files = list_files(source, params.dataset, params.decode) if exists(source) else []
    if lacks_data(files, params.dataset):
        keep(source, files, made_for)
        return
    check_copy(params.source, source, params.dataset, files)
    write_list(LIST, files)
    write_json(MADE_FOR, made_for)
    print(f"{source}: {', '.join(f'{count} {kind}' for kind, count in counts(files).items())}")


if __name__ == "__main__":
    run(main)
