"""One short example for each section of the config; together they are one config.

`document` prints them, and a test loads them.
"""

EXAMPLES = {
    "include": """\
include: [my-paths.yaml]
""",
    "paths": """\
paths: {imagenet21k: /data/imagenet21k, dtd: /data/dtd}
""",
    "model": """\
model: timm:vit_base_patch16_224.augreg_in1k
""",
    "concepts": """\
concepts:
  cog:                        # the thesis's benchmark, all defaults but the images
    image_counts: <imagenet21k>
    min_images: 782
  by_path:                    # the same concepts, ranked by another similarity
    members_of: cog
    similarity: path
    levels: {gaps: none}
""",
    "images": """\
images:
  in1k:
    source: {kind: imagenet, path: /data/imagenet1k}
    classes: {benchmark: cog, part: seen}
  v2: {source: {kind: imagenet_v2, path: /data/imagenetv2-matched-frequency-format-val}}
  cog:                        # a family: cog_l1 to cog_l5
    source: {kind: folder, path: <imagenet21k>}
    classes: {benchmark: cog, part: levels}
    max_images: 1350
    test_images: 50
  dtd:                        # a transfer set
    source: {kind: torchvision, path: /data/dtd, dataset: DTD}
    classes: {part: source}
""",
    "synthesis": """\
synthesis:
  generators:
    sd14: {path: /models/stable-diffusion-v1-4}
  clones:
    in1k_sd: {generator: sd14, like: in1k, prompt: "c, d", guidance: 2, n_shards: 100}
""",
    "training": """\
training:
  trex: {dataset: in1k, recipe: trex}
  on_clone: {dataset: in1k_sd, recipe: base_mc, validation: {dataset: in1k}}
  ocm:                        # a sweep: the runs ocm_2048 and ocm_4096
    dataset: in1k
    recipe: ocm
    sweep: [{key: loss.memory, values: [2048, 4096]}]
""",
    "encoders": """\
encoders:
  ResNet50: {registry: ResNet50}
  trex: {run: trex}
  ocm: {run: ocm}             # both runs of the sweep
  mine: {model: timm:resnet50, checkpoint: weights/mine.safetensors}
""",
    "probes": """\
probes:
  linear: {kind: sgd, shots: [1, 8, all]}
  small: {kind: lbfgs, seeds: 3}
""",
    "evaluations": """\
evaluations:
  levels: {encoders: all, datasets: [in1k, cog], protocols: [linear]}
  transfer: {encoders: [ResNet50, trex], datasets: [dtd], protocols: [small]}
""",
    "analysis": """\
analysis:
  features:
    encoders: [ResNet50, trex]
    datasets: [cog, dtd]
    metrics: [sparsity, coding_length]
""",
    "report": """\
report:
  title: How far does t-ReX generalise?
  baseline: ResNet50
  transfer: [dtd]
  labels: {trex: t-ReX, in1k: IN-1K}
""",
    "compute": """\
compute: {device: cuda, gpus: 1}
""",
}
