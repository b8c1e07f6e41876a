from pathlib import Path

import pandas as pd
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from cogworks.core.errors import InputError
from cogworks.core.files import write_parquet
from cogworks.synthesis.similarity import Judge, class_similarity, meanings
from cogworks.synthesis.tiny.vocabulary import make_tokenizer


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A CLIP model with random weights."""
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    tokenizer = make_tokenizer([], length=40)
    ids = {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": 40, **ids}
    config = transformers.CLIPConfig(
        text_config=shape | text | {"num_hidden_layers": 1},
        vision_config=shape | {"num_hidden_layers": 1, "image_size": 16, "patch_size": 8},
        projection_dim=8,
    )
    folder = tmp_path / "clip"
    transformers.CLIPModel(config).save_pretrained(folder)
    size = {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}}
    processor = transformers.CLIPImageProcessor(**size)
    transformers.CLIPProcessor(processor, tokenizer).save_pretrained(folder)
    return folder


def test_each_class_is_compared_with_all_texts(clip: Path, manifest: Path) -> None:
    judge = Judge(clip, device=torch.device("cpu"))
    texts = ["papillon, a dog", "golden retriever", "a fox, white", "an engine that rings " * 20]
    table = class_similarity(judge, manifest, texts, limit=4)
    assert table["images"].tolist() == [3, 4, 4, 4]
    own = table["nearest"] == table["wnid"]
    assert ((table["margin"] > 0) == own).all()
    assert table["similarity"].between(-1, 1).all()
    assert table["recognised"].between(0, 1).all()
    # The same texts in another order: each class's similarity follows its text.
    turned = class_similarity(judge, manifest, texts[::-1], limit=4)
    assert not table["similarity"].equals(turned["similarity"])


def test_embeddings_by_onednn_are_the_models_own(clip: Path, products_by_onednn: list[int]) -> None:
    texts, model = ["a dog", "a fox, white"], transformers.CLIPModel.from_pretrained(clip)
    inputs = transformers.CLIPProcessor.from_pretrained(clip)(
        text=texts, padding=True, return_tensors="pt"
    )
    found = Judge(clip, device=torch.device("cpu")).texts(texts)
    assert products_by_onednn
    with torch.no_grad():
        plain = model.text_projection(model.text_model(**inputs).pooler_output)
    torch.testing.assert_close(found, torch.nn.functional.normalize(plain, dim=1))


def test_the_meaning_is_name_and_definition(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"label": [1, 0, 1], "lemmas": [["wing"], ["papillon"], ["wing"]]}
        | {"definition": ["part of a bird", "a dog", "part of a bird"]}
    )
    write_parquet(table, tmp_path / "p.parquet")
    assert meanings(tmp_path / "p.parquet") == ["papillon, a dog", "wing, part of a bird"]


def test_a_folder_without_clip_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no CLIP model"):
        Judge(tmp_path, device=torch.device("cpu"))


def test_a_clip_folder_that_is_not_whole(clip: Path) -> None:
    path = clip / "model.safetensors"
    whole = path.read_bytes()
    path.write_text("version https://git-lfs.github.com/spec/v1\noid")
    with pytest.raises(InputError, match="is a Git LFS pointer"):
        Judge(clip, device=torch.device("cpu"))
    path.write_bytes(whole)
    tensors = load_file(path)
    save_file(tensors | {"logit_scale": torch.zeros(2)}, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match="logit_scale"):
        Judge(clip, device=torch.device("cpu"))


def test_similarities_that_are_no_numbers(clip: Path, manifest: Path) -> None:
    judge = Judge(clip, device=torch.device("cpu"))
    judge._model.visual_projection.weight.data.fill_(torch.nan)
    with pytest.raises(InputError, match="gives NaN for n02086910"):
        class_similarity(judge, manifest, ["a", "b", "c", "d"], limit=1)
