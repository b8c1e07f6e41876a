"""The kinds of exhibits: one file each, in the order in which the page shows them.

Imported while the DAG is planned: a kind imports what reads and draws only where it is made.
"""

from cogworks.core.registry import Registry
from cogworks.report.exhibit import AnyKind

EXHIBITS: Registry[AnyKind] = Registry(
    "cogworks.report.exhibits",
    "EXHIBIT",
    (
        "levels_absolute_figure",
        "levels_relative_figure",
        "levels_table",
        "levels_relative_table",
        "clone_levels_table",
        "few_shot_figure",
        "rankings_figure",
        "fine_tuning_figure",
        "fine_tuning_table",
        "standing_table",
        "published_table",
        "trade_off_figure",
        "trade_off_table",
        "transfer_table",
        "clone_transfer_table",
        "ablation_figure",
        "projector_table",
        "transfer_published_table",
        "long_tail_table",
        "imagenet_sets_table",
        "radar_figure",
        "clone_test_sets_table",
        "augmentation_table",
        "test_sets_table",
        "test_sets_published_table",
        "label_noise_table",
        "label_noise_examples_table",
        "training_curves_figure",
        "training_traces_figure",
        "hyper_parameters_table",
        "clones_quality_table",
        "clones_similarity_table",
        "components_figure",
        "coding_length_figure",
        "series_pictures_figure",
        "prompt_pictures_figure",
        "class_pictures_figure",
        "features_figure",
        "features_table",
        "singular_values_figure",
        "filters_table",
        "contents_table",
        "ranking_figure",
        "images_per_concept_figure",
        "all_scores_table",
    ),
)
