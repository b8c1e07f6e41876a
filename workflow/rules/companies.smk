# What the rules of features ask about encoders that are encoded together, and what a run notes of them.
from cogworks.core.files import write_text
from cogworks.encoders import shards as shard_notes
from cogworks.encoders import together
from cogworks.plan.requests import features_of


def company_record(w):
    """Return the record of those with whom features are encoded, if that is not alone.

    The job that encodes a company never runs again for another member: that is another company. So
    its record can be an ordinary input, and what is finished stays finished. (Behind `ancient`,
    Snakemake 9 overlooks all other changes of what comes after a job that runs.)
    """
    # What is touched is there: nobody will encode it.
    record = None if workflow.touch else plan.companies.record(*features_of(w))
    return [] if record is None else record


def takes(w):
    """Say whether a job only takes features that the job of its company has encoded.

    It then needs no GPU. Snakemake asks again when that job has ended: an encoder that failed in
    it is encoded alone, with all that this needs.
    """
    return plan.companies.takes(*features_of(w))


def gpus_of(w, input):
    """Return the GPUs of a job of features: none to join or to take them."""
    idle = input.get("shards") or takes(w)
    return 0 if idle else plan.config.compute.gpus


def list_members(dag):
    """Write down for each job of a company which of its members this run needs.

    When the graph is built, since a module's `onstart` is not run.
    """
    for job in dag.needrun_jobs():
        if job.rule.name.endswith("extract_together"):
            needed = filter(dag.needrun, dag.depending[job])
            files = {j.wildcards.encoder: str(j.output.features) for j in needed}
            members = [
                together.Member(encoder=encoder.spec, features=files[name])
                for name, encoder in plan.encoders.items()
                if name in files
            ]
            text = together.Members(members=members).text
            write_text(text, together.members_path(job.output.record))


def note_touched(dag):
    """Note on features that are touched that they are made of what the config says now."""
    for job in dag.needrun_jobs():
        if (
            job.rule.name.endswith("extract_features")
            and Path(job.output.features).exists()
        ):
            encoder = plan.encoders[job.wildcards.encoder]
            note = shard_notes.Note(max(1, len(job.input.shards) // 2), None)
            text = shard_notes.note_text(note, encoder.made_of)
            write_text(text, shard_notes.note_path(job.output.features))
