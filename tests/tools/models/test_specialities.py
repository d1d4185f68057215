"""Task fit comes before downloads."""

import pytest

from tools.models import specialities
from tools.models.catalog import candidates, fitness
from tools.protocol import Candidate
from tools.tasks import TASKS


@pytest.mark.parametrize(
    ("task", "model", "special"),
    [
        ("image-classification", "Falconsai/nsfw_image_detection", ("nudity",)),
        ("image-classification", "nateraw/vit-age-classifier", ("age",)),
        ("image-classification", "google/vit-base-patch16-224", ()),
        ("image-classification", "microsoft/resnet-50", ()),
        ("image-classification", "timm/mobilenetv3_small_100.lamb_in1k", ()),
        ("image-segmentation", "mattmdjaga/segformer_b2_clothes", ("clothes",)),
        ("image-segmentation", "jonathandinu/face-parsing", ("face",)),
        ("image-segmentation", "nvidia/segformer-b0-finetuned-ade-512-512", ()),
        ("object-detection", "microsoft/table-transformer-detection", ("table",)),
        ("object-detection", "facebook/detr-resnet-50", ()),
        ("token-classification", "d4data/biomedical-ner-all", ("medical",)),
        ("token-classification", "dslim/bert-base-NER", ()),
        ("audio-classification", "superb/wav2vec2-base-superb-ks", ("command",)),
        ("text-classification", "unitary/toxic-bert", ("toxicity",)),
        ("text-classification", "SamLowe/roberta-base-go_emotions", ("emotion",)),
    ],
)
def test_a_name_tells_what_a_model_is_special_for(task: str, model: str, special: tuple[str, ...]) -> None:
    assert specialities.of(model, task) == special


@pytest.mark.parametrize(
    ("request_", "chosen"),
    [
        ("What is in this picture?", "google/vit-base-patch16-224"),
        ("Is this picture safe for work?", "Falconsai/nsfw_image_detection"),
        ("How old is the person in this picture?", "nateraw/vit-age-classifier"),
    ],
)
def test_a_specialist_is_first_where_the_request_names_its_speciality(request_: str, chosen: str) -> None:
    task = "image-classification"
    names = ["google/vit-base-patch16-224", "Falconsai/nsfw_image_detection", "nateraw/vit-age-classifier"]
    found = [Candidate(model=name, task=task, backend="local", aspects=specialities.of(name, task)) for name in names]
    assert min(found, key=lambda each: fitness(each, request_)).model == chosen


def test_no_specialist_stands_before_a_model_for_everything() -> None:
    for name in ("image-classification", "image-segmentation", "object-detection", "token-classification"):
        ranks = [specialities.rank(name, each.aspects, "") for each in candidates(TASKS[name], "endpoint")]
        assert ranks == sorted(ranks)
